// Package scratch makes folders that last as long as their process. It imports nothing of ours; netem/guest and
// harness/testbed may import it.
package scratch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// A Folder is locked while its process lives. Without the lock it is left over from a killed process, and the next New
// removes it.
type Folder struct {
	Dir  string
	lock *os.File
}

// New makes a folder below root, whose name begins with prefix, and removes dead ones there.
func New(root, prefix string) (*Folder, error) {
	if err := os.MkdirAll(root, 0o755); err != nil {
		return nil, err
	}
	if err := removeDead(root, prefix); err != nil {
		return nil, err
	}
	// It gets its name only when it is locked, so that nobody takes it for dead.
	dir, err := os.MkdirTemp(root, "new-"+prefix)
	if err != nil {
		return nil, err
	}
	f := &Folder{Dir: filepath.Join(root, filepath.Base(dir)[len("new-"):])}
	if f.lock, err = lock(dir); err == nil {
		err = os.Rename(dir, f.Dir)
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return f, nil
}

// removeDead removes the folders that killed processes left. Those of other users are left alone.
func removeDead(root, prefix string) error {
	dirs, err := filepath.Glob(filepath.Join(root, prefix+"*"))
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		held, err := lock(dir)
		switch {
		case errors.Is(err, unix.EWOULDBLOCK), errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
			continue // alive, removed meanwhile, or another user's
		case err != nil:
			return err
		}
		err = os.RemoveAll(dir)
		held.Close()
		if err != nil {
			return fmt.Errorf("remove what a killed run left: %w", err)
		}
	}
	return nil
}

// lock takes the lock of a folder; unix.EWOULDBLOCK says that another process holds it.
func lock(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	return f, nil
}

// Remove deletes the folder.
func (f *Folder) Remove() error {
	defer f.lock.Close()
	return os.RemoveAll(f.Dir)
}
