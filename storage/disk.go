package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// A disk is the file system below Pebble. It stops at the first failure. Pebble would panic or try for ever when it cannot
// write, so the disk tells it that all is well, but nothing reaches the files any more. They stay as a crash at that
// moment would have left them, from which Pebble can recover. The store returns the failure from then on, so nothing that
// is lost is acknowledged.
//
// With noSync, a sync returns at once. Pebble's Sync commit then means that the record has reached the operating system.
// Its NoSync commit does not promise that: it leaves the log's tail in the process.
type disk struct {
	vfs.FS
	noSync  bool
	failure *failure
	written *vfs.DiskWriteStatsCollector // bytes by purpose
}

// change runs one change of the files unless the disk has stopped, and stops it if the change fails.
func (d *disk) change(do func() error) {
	if d.failure.err() != nil {
		return
	}
	if err := do(); err != nil {
		d.failure.set(err)
	}
}

// file opens a file to write or, when the disk has stopped, one in memory that is dropped.
func (d *disk) file(category vfs.DiskWriteCategory, open func() (vfs.File, error)) *file {
	f := vfs.NewMemFile(nil)
	d.change(func() error {
		opened, err := open()
		if err == nil {
			f = opened
		}
		return err
	})
	return &file{File: f, disk: d, written: d.written.CreateStat(category)}
}

// Create makes a file to write.
func (d *disk) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f := d.file(category, func() (vfs.File, error) { return d.FS.Create(name, category) })
	if !d.noSync && isManifest(name, d.FS) {
		f.guard = newGuard(name, d.FS)
	}
	return f, nil
}

// ReuseForWrite makes a file to write from one that is no longer needed.
func (d *disk) ReuseForWrite(from, to string, category vfs.DiskWriteCategory) (vfs.File, error) {
	return d.file(category, func() (vfs.File, error) { return d.FS.ReuseForWrite(from, to, category) }), nil
}

// OpenDir opens a directory to sync its entries.
func (d *disk) OpenDir(name string) (vfs.File, error) {
	return d.file(vfs.WriteCategoryUnspecified, func() (vfs.File, error) { return d.FS.OpenDir(name) }), nil
}

// Rename renames a file.
func (d *disk) Rename(from, to string) error {
	d.change(func() error { return d.FS.Rename(from, to) })
	return nil
}

// MkdirAll makes a directory.
func (d *disk) MkdirAll(dir string, mode os.FileMode) error {
	d.change(func() error { return d.FS.MkdirAll(dir, mode) })
	return nil
}

// Remove removes a file. Pebble learns of a failure, but the disk does not stop: a file too many costs only space.
func (d *disk) Remove(name string) error {
	if d.failure.err() != nil {
		return nil
	}
	if isManifest(name, d.FS) {
		_ = d.FS.Remove(sumsOf(name, d.FS)) // there may be none
	}
	return d.FS.Remove(name)
}

// List lists a directory. Pebble 2.1 panics if it cannot while it opens and works in the background already; so the disk stops, and
// Pebble learns of no failure here either.
func (d *disk) List(dir string) ([]string, error) {
	names, err := d.FS.List(dir)
	if err != nil {
		d.failure.set(err)
	}
	return names, nil
}

// Unwrap returns the file system below.
func (d *disk) Unwrap() vfs.FS { return d.FS }

// A file is one of a disk's files that Pebble writes.
type file struct {
	vfs.File
	disk    *disk
	written *atomic.Uint64 // bytes
	guard   *guard         // of the list of files; nil for others
}

// Write appends p.
func (f *file) Write(p []byte) (int, error) {
	f.guard.add(p)
	f.disk.change(func() error { return f.count(f.File.Write(p)) })
	return len(p), nil
}

// WriteAt writes p at an offset.
func (f *file) WriteAt(p []byte, offset int64) (int, error) {
	f.disk.change(func() error { return f.count(f.File.WriteAt(p, offset)) })
	return len(p), nil
}

func (f *file) count(n int, err error) error {
	f.written.Add(uint64(n))
	return err
}

// Preallocate reserves space. It is a hint and may fail.
func (f *file) Preallocate(offset, length int64) error {
	if f.disk.failure.err() != nil {
		return nil
	}
	return f.File.Preallocate(offset, length)
}

// Sync makes data and metadata durable.
func (f *file) Sync() error {
	return f.sync(func() error {
		if err := f.File.Sync(); err != nil {
			return err
		}
		return f.guard.note()
	})
}

// SyncData makes data durable.
func (f *file) SyncData() error { return f.sync(f.File.SyncData) }

// SyncTo begins to make a prefix durable.
func (f *file) SyncTo(length int64) (full bool, err error) {
	err = f.sync(func() (err error) {
		full, err = f.File.SyncTo(length)
		return err
	})
	return full, err
}

func (f *file) sync(do func() error) error {
	if !f.disk.noSync {
		f.disk.change(do)
	}
	return nil
}

// Close closes the file, also when the disk has stopped.
func (f *file) Close() error {
	if err := errors.Join(f.File.Close(), f.guard.close()); err != nil {
		f.disk.failure.set(err)
	}
	return nil
}

// A failure is the error that ended a store, with the place and the remedy in its text.
type failure struct {
	dir   string
	first atomic.Pointer[error]
}

// set records err if it is the first.
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
	case errors.Is(err, syscall.EFBIG):
		remedy = "; raise the limit on the size of files (ulimit -f) or choose a directory that takes larger ones, then start the server again"
	case errors.Is(err, syscall.EIO):
		remedy = "; the disk fails (the kernel's log says more): choose a directory on another one, then start the server again"
	case errors.Is(err, syscall.ENOMEM):
		remedy = "; free memory or choose a durability that keeps records on disk, then start the server again"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		remedy = "; make the directory writable or choose another"
	case pebble.IsCorruptionError(err), errors.Is(err, fs.ErrNotExist):
		remedy = "; its files are damaged: remove the directory and start the server again, it begins empty"
	}
	return fmt.Errorf("storage in %s: %w%s", dir, oneLine{err}, remedy)
}

// oneLine is an error in one line: Pebble's may have several, and the same one more than once.
type oneLine struct{ error }

func (e oneLine) Unwrap() error { return e.error }

func (e oneLine) Error() string {
	var lines []string
	for line := range strings.Lines(e.error.Error()) {
		if line = strings.TrimSpace(line); line != "" && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "; ")
}

// explainLock tells a directory that is in use from one that cannot be written.
func explainLock(dir string, err error) error {
	var system syscall.Errno
	inUse := !errors.As(err, &system) || system == syscall.EAGAIN || system == syscall.EACCES // as fcntl(2) has it
	if path := new(fs.PathError); errors.As(err, &path) || !inUse {
		return explain(dir, err)
	}
	return fmt.Errorf("storage in %s: in use by another powbench server; stop it or choose another directory (%w)",
		dir, err)
}

// explainOpen explains why Pebble cannot open a directory. Errors that explain does not know mostly come from data that
// another program or version has written.
func explainOpen(dir string, err error) error {
	var system syscall.Errno
	if errors.As(err, &system) || pebble.IsCorruptionError(err) || errors.Is(err, fs.ErrNotExist) {
		return explain(dir, err)
	}
	return fmt.Errorf("storage in %s: not a store of this version of powbench; remove it or choose another directory: %w",
		dir, oneLine{err})
}

// A logger passes on Pebble's messages. Pebble expects Fatalf to end the process; here it ends the store.
type logger struct {
	log     *slog.Logger
	failure *failure
}

// Infof logs a message at debug level.
func (l logger) Infof(format string, args ...any) {
	l.log.Debug(fmt.Sprintf(format, args...), "dir", l.failure.dir)
}

// Errorf logs an error.
func (l logger) Errorf(format string, args ...any) {
	l.log.Error(fmt.Sprintf(format, args...), "dir", l.failure.dir)
}

// Fatalf makes the error the store's failure.
func (l logger) Fatalf(format string, args ...any) {
	l.Errorf(format, args...)
	l.failure.set(fmt.Errorf(format, args...))
}
