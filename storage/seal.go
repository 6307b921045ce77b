package storage

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"
	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// A closed store has a seal: a file that lists the others by name and length, with a hash of those whose damage Pebble would
// not notice. Pebble takes damage near the end of a log for a write that a crash cut off, and goes on without what comes after it. A
// store that was closed was not cut off. One that crashed has no seal: there damage of what was logged last cannot be told from a
// write that was under way.
const (
	sealFile    = "SEAL"
	sealDraft   = "SEAL.new"
	lockFile    = "LOCK"
	sealPattern = "%s %d %016x\n" // name, bytes, hash
)

// seal seals the files of a store that has just been closed. It is there whole or not at all.
func seal(dir string, files vfs.FS) error {
	names, err := files.List(dir)
	if err != nil {
		return err
	}
	names = slices.DeleteFunc(names, func(name string) bool { return name == sealFile || name == sealDraft || name == lockFile })
	slices.Sort(names)
	text, err := listing(dir, files, names)
	if err != nil {
		return err
	}
	draft := files.PathJoin(dir, sealDraft)
	if err := writeFile(draft, text, files); err != nil {
		_ = files.Remove(draft) // it may not be there
		return err
	}
	if err := files.Rename(draft, files.PathJoin(dir, sealFile)); err != nil {
		return err
	}
	return syncDir(dir, files)
}

// breakSeal holds the files to the seal, if there is one, and then takes it away for good, before anything changes.
func breakSeal(dir string, files vfs.FS) error {
	path := files.PathJoin(dir, sealFile)
	sealed, err := readFile(path, files)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	var names []string
	for line := range strings.Lines(string(sealed)) {
		name, _, _ := strings.Cut(line, " ")
		names = append(names, name)
	}
	found, err := listing(dir, files, names)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", err.Error(), pebble.ErrCorruption) // not one of a store that is missing
	} else if err != nil {
		return err
	}
	if !bytes.Equal(found, sealed) {
		return fmt.Errorf("%s: %w", firstDifference(sealed, found), pebble.ErrCorruption)
	}
	if err := files.Remove(path); err != nil {
		return err
	}
	return syncDir(dir, files)
}

// firstDifference says where a seal and what was found differ.
func firstDifference(sealed, found []byte) string {
	is := strings.Split(string(found), "\n")
	for i, was := range strings.Split(string(sealed), "\n") {
		if i >= len(is) || was != is[i] {
			name, _, _ := strings.Cut(was, " ")
			return fmt.Sprintf("%q is not as it was when the store was closed", name)
		}
	}
	return sealFile + " is cut off"
}

// listing is the seal of the files of those names.
func listing(dir string, files vfs.FS, names []string) (text []byte, err error) {
	for _, name := range names {
		size, hash, err := sizeAndHash(name, files.PathJoin(dir, name), files)
		if err != nil {
			return nil, err
		}
		text = fmt.Appendf(text, sealPattern, name, size, hash)
	}
	return text, nil
}

// sizeAndHash returns a file's length and hash. Blocks of tables and blob files have checksums of their own, which are
// compared whenever they are read; to hash them here would take as long as to read the store.
func sizeAndHash(name, path string, files vfs.FS) (size int64, hash uint64, err error) {
	f, err := files.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, 0, err
	}
	if strings.HasSuffix(name, ".sst") || strings.HasSuffix(name, ".blob") {
		return info.Size(), 0, nil
	}
	h := xxhash.New()
	_, err = io.Copy(h, f)
	return info.Size(), h.Sum64(), err
}

func readFile(path string, files vfs.FS) ([]byte, error) {
	f, err := files.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// writeFile makes a file that outlives a power failure once its directory is synced.
func writeFile(path string, data []byte, files vfs.FS) error {
	f, err := files.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}
