package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync/atomic"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
)

// A failure is the first error that ended a store, with the place and the remedy in its text.
type failure struct {
	dir   string
	first atomic.Pointer[error]
}

// set records err unless something has failed before.
func (f *failure) set(err error) {
	err = explain(f.dir, err)
	f.first.CompareAndSwap(nil, &err)
}

// err returns the failure, or nil.
func (f *failure) err() error {
	if p := f.first.Load(); p != nil {
		return *p
	}
	return nil
}

// explain adds the directory and, where one is known, the remedy to an error. It returns nil for nil.
func explain(dir string, err error) error {
	remedy := ""
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		remedy = "; make room there or choose another directory, then start the server again"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		remedy = "; make the directory writable or choose another"
	case pebble.IsCorruptionError(err):
		remedy = "; its files are damaged: remove the directory and start the server again, it begins empty"
	}
	return fmt.Errorf("storage in %s: %w%s", dir, err, remedy)
}

// explainLock tells a directory that is in use from one that cannot be written.
func explainLock(dir string, err error) error {
	if path := new(fs.PathError); errors.As(err, &path) {
		return explain(dir, err)
	}
	return fmt.Errorf("storage in %s: in use by another powbench server; stop it or choose another directory (%w)",
		dir, err)
}

// explainOpen is explain for an error of Pebble's when it opens a directory: most that are left come from data that
// another program or version has written.
func explainOpen(dir string, err error) error {
	var system syscall.Errno
	if errors.As(err, &system) || pebble.IsCorruptionError(err) {
		return explain(dir, err)
	}
	return fmt.Errorf("storage in %s: not a store of this version of powbench; remove it or choose another directory: %w",
		dir, err)
}

// A logger passes Pebble's messages on. Pebble expects Fatalf to end the process; here it ends the store.
type logger struct {
	log     *slog.Logger
	failure *failure
}

// Infof logs what Pebble does, which is of interest to a person who looks for a fault in it.
func (l logger) Infof(format string, args ...any) {
	l.log.Debug(fmt.Sprintf(format, args...), "dir", l.failure.dir)
}

// Errorf logs what went wrong.
func (l logger) Errorf(format string, args ...any) {
	l.log.Error(fmt.Sprintf(format, args...), "dir", l.failure.dir)
}

// Fatalf makes the message the store's failure.
func (l logger) Fatalf(format string, args ...any) {
	l.Errorf(format, args...)
	l.failure.set(fmt.Errorf(format, args...))
}
