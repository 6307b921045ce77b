package harness

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// scratchPrefix begins the name of a run's folder of databases.
const scratchPrefix = "powbench-data-"

// A scratch is the folder that holds the servers' databases while a run lasts. A locked file in it says that its run
// is alive; folders without that lock are left over from a killed run, and the next start removes them.
type scratch struct {
	dir  string
	lock *os.File
}

// HoldScratch makes a scratch folder below root for a run that cannot lock one itself, such as one in a guest, whose
// locks nobody else sees. It lasts until release.
func HoldScratch(root string) (dir string, release func() error, err error) {
	s, err := newScratch(root)
	if err != nil {
		return "", nil, err
	}
	return s.dir, s.remove, nil
}

// newScratch makes a scratch folder below root and removes dead ones there.
func newScratch(root string) (*scratch, error) {
	if err := os.MkdirAll(root, 0o755); err != nil {
		return nil, err
	}
	if err := removeDead(root); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(root, scratchPrefix)
	if err != nil {
		return nil, fmt.Errorf("no folder for the servers' databases: %w", err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return &scratch{dir, lock}, nil
}

// removeDead removes the scratch folders below root whose run has ended without doing so.
func removeDead(root string) error {
	dirs, err := filepath.Glob(filepath.Join(root, scratchPrefix+"*"))
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		lock, err := lockDir(dir)
		if errors.Is(err, unix.EWOULDBLOCK) || errors.Is(err, fs.ErrNotExist) {
			continue // its run is alive, or has removed it meanwhile
		} else if err != nil {
			return err
		}
		err = os.RemoveAll(dir)
		lock.Close()
		if err != nil {
			return fmt.Errorf("remove databases left by an earlier run: %w", err)
		}
	}
	return nil
}

// lockDir takes the lock of a scratch folder; unix.EWOULDBLOCK says that another process holds it.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	return f, nil
}

// sub makes an empty folder for one cluster's databases.
func (s *scratch) sub(name string) (string, error) {
	dir := filepath.Join(s.dir, name)
	return dir, os.MkdirAll(dir, 0o755)
}

// remove deletes the folder.
func (s *scratch) remove() error {
	defer s.lock.Close()
	return os.RemoveAll(s.dir)
}
