package guest

import (
	"encoding/gob"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

const workPrefix = "powbench-guest-"

// A workDir is the folder through which host and guest speak.
type workDir struct{ dir string }

func (w workDir) init() string   { return filepath.Join(w.dir, "init") }
func (w workDir) call() string   { return filepath.Join(w.dir, "call") }
func (w workDir) result() string { return filepath.Join(w.dir, "result") }

// memoryDir finds a folder for the file that is the guest's memory. The file is mapped as code too, hence not "noexec".
// A folder in memory is best: else what the guest writes to its memory would be written to the disk as well.
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

// A call tells the guest's process 1 what to do, by a file.
type call struct {
	Path    string // of the program
	Args    []string
	Env     []string
	Dir     string
	Modules []string // files, in order
}

// A result is the answer of process 1, also a file.
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
