package guest

import (
	"encoding/gob"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const workPrefix = "powbench-guest-"

// A workDir is the folder through which host and guest speak. It is locked while its run lasts; one that is not was
// left over by a killed process, and the next run removes it.
type workDir struct {
	dir  string
	lock *os.File
}

func (w *workDir) init() string   { return filepath.Join(w.dir, "init") }
func (w *workDir) call() string   { return filepath.Join(w.dir, "call") }
func (w *workDir) result() string { return filepath.Join(w.dir, "result") }

// newWorkDir makes a folder below root and removes dead ones there.
func newWorkDir(root string) (*workDir, error) {
	if strings.ContainsAny(root, " \t\n\"") {
		return nil, fmt.Errorf("a kernel cannot be told of %q: set TMPDIR to a path without blanks", root)
	}
	removeDead(root)
	dir, err := os.MkdirTemp(root, workPrefix)
	if err != nil {
		return nil, err
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return &workDir{dir, lock}, nil
}

// removeDead removes what killed runs left below root, as far as it can: others' folders are none of its business.
func removeDead(root string) {
	dirs, _ := filepath.Glob(filepath.Join(root, workPrefix+"*")) // the pattern is well-formed
	for _, dir := range dirs {
		info, err := os.Stat(dir)
		if err != nil || time.Since(info.ModTime()) < time.Minute {
			continue // perhaps just made and not locked yet
		}
		if lock, err := lockDir(dir); err == nil {
			_ = os.RemoveAll(dir)
			lock.Close()
		}
	}
}

// lockDir takes the lock of a folder, which is the folder's own.
func lockDir(dir string) (*os.File, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	return f, nil
}

func (w *workDir) remove() error {
	defer w.lock.Close()
	return os.RemoveAll(w.dir)
}

// memoryDir is a folder for the file that is the guest's memory. It is mapped as code too, hence not "noexec". In
// memory is best: on a disk, what the guest writes to its memory would be written to the disk as well.
func memoryDir(mib int) (string, error) {
	candidates := []string{"/dev/shm", os.TempDir(), "/var/tmp"}
	for _, dir := range candidates {
		var s unix.Statfs_t
		if unix.Statfs(dir, &s) != nil || unix.Access(dir, unix.W_OK) != nil {
			continue
		}
		if s.Flags&unix.ST_NOEXEC == 0 && s.Bavail*uint64(s.Bsize)>>20 >= uint64(mib) {
			return dir, nil
		}
	}
	return "", fmt.Errorf("none of %s is writable, without noexec and has %d MiB for the guest's memory: "+
		"make room, or set TMPDIR to a folder that is", strings.Join(candidates, ", "), mib)
}

// A call is what the guest's process 1 is to do. It goes there as a file.
type call struct {
	Path    string // of the program
	Args    []string
	Env     []string
	Dir     string
	Modules []string // files, in order
}

// A result is what process 1 answers, as a file.
type result struct {
	Code  int
	Error string // why the command did not run
}

// save writes v to a new file. The encoding keeps strings that are no valid UTF-8, as arguments may be.
func save(path string, v any) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // an environment may hold secrets
	if err != nil {
		return err
	}
	return errors.Join(gob.NewEncoder(f).Encode(v), f.Close())
}

// load reads what save wrote.
func load(path string, v any) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := gob.NewDecoder(f).Decode(v); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
