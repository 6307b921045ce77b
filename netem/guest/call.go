package guest

import (
	"encoding/gob"
	"errors"
	"fmt"
	"os"
)

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
