package client

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/powbench/powbench/protocols"
)

// numberBytes is the length of a file: all 20 digits of a uint64 and a newline, so that one write replaces the number.
const numberBytes = 21

// Issued keeps the timestamps that a single writer issued in files that outlive it, one for each key. A file is locked
// from the first WRITE of its key to Close, so that no other process writes the key. It is safe for concurrent use.
type Issued struct {
	dir   string
	mu    sync.Mutex
	files map[protocols.Key]*os.File
}

var _ protocols.Issued = (*Issued)(nil)

// NewIssued keeps the files in the folder dir, made when the first is. They are worth as much as the servers' databases:
// a writer that lost them would issue timestamps again.
func NewIssued(dir string) *Issued {
	return &Issued{dir: dir, files: map[protocols.Key]*os.File{}}
}

// Last implements protocols.Issued. It fails if another process writes the key.
func (i *Issued) Last(key protocols.Key) (uint64, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	f, err := i.open(key)
	if err != nil {
		return 0, err
	}
	text := make([]byte, numberBytes+1)
	n, err := f.ReadAt(text, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	if n == 0 { // new, or its writer died before it issued anything
		return 0, nil
	}
	num, err := strconv.ParseUint(strings.TrimSuffix(string(text[:n]), "\n"), 10, 64)
	if n != numberBytes || err != nil {
		return 0, fmt.Errorf("%s: %q is no timestamp: restore it, or write under another key", f.Name(), text[:n])
	}
	return num, nil
}

// Keep implements protocols.Issued: num is on disk when it returns.
func (i *Issued) Keep(key protocols.Key, num uint64) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	f, err := i.open(key)
	if err != nil {
		return err
	}
	if _, err := f.WriteAt(fmt.Appendf(nil, "%020d\n", num), 0); err != nil {
		return err
	}
	return f.Sync()
}

// open is the key's file, locked.
func (i *Issued) open(key protocols.Key) (*os.File, error) {
	if f := i.files[key]; f != nil {
		return f, nil
	}
	if err := os.MkdirAll(i.dir, 0o700); err != nil {
		return nil, err
	}
	name := sha256.Sum256([]byte(key)) // a key may be no file name
	f, err := os.OpenFile(filepath.Join(i.dir, hex.EncodeToString(name[:])), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(lock(f, key), syncDir(i.dir)); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	i.files[key] = f
	return f, nil
}

func lock(f *os.File, key protocols.Key) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return fmt.Errorf("two writers on one key are refused: wait until the other has written %q", key)
	} else if err != nil {
		return fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	return nil
}

// syncDir makes a new file's name outlive the machine.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Close lets other processes write the keys.
func (i *Issued) Close() (err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for key, f := range i.files {
		err = errors.Join(err, f.Close())
		delete(i.files, key)
	}
	return err
}
