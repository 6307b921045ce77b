package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/cespare/xxhash/v2"
	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Pebble takes damage anywhere in its list of files, the MANIFEST, for an entry that a crash cut off, and forgets all tables that
// later entries name. A guard notes in a file beside it, whenever the list is synced, how long it is and its hash: so much of it
// must be there, and the same, when the store is opened after a crash. It costs a small file's sync whenever memory is written out.
//
// The file has a line for each sync. One that a crash cut off does not count. The nil guard does nothing.
type guard struct {
	path  string
	files vfs.FS
	size  int64
	hash  *xxhash.Digest
	sums  vfs.File // nil before the first sync
}

const (
	manifestPrefix = "MANIFEST-"
	sumsPrefix     = "SUMS-"
	sumPattern     = "%d %016x\n" // bytes, hash
)

func isManifest(name string, files vfs.FS) bool {
	return strings.HasPrefix(files.PathBase(name), manifestPrefix)
}

// sumsOf is the name of the file beside a list of files.
func sumsOf(manifest string, files vfs.FS) string {
	return files.PathJoin(files.PathDir(manifest), sumsPrefix+files.PathBase(manifest))
}

func newGuard(manifest string, files vfs.FS) *guard {
	return &guard{path: sumsOf(manifest, files), files: files, hash: xxhash.New()}
}

// add is told of what is about to be written.
func (g *guard) add(p []byte) {
	if g != nil {
		g.size += int64(len(p))
		_, _ = g.hash.Write(p) // cannot fail
	}
}

// note is called when what was written is durable. The first time it syncs the directory: before anybody takes the list for the
// present one, no older file of that name may come back.
func (g *guard) note() (err error) {
	if g == nil {
		return nil
	}
	first := g.sums == nil
	if first {
		if g.sums, err = g.files.Create(g.path, vfs.WriteCategoryUnspecified); err != nil {
			return err
		}
	}
	if _, err = g.sums.Write(fmt.Appendf(nil, sumPattern, g.size, g.hash.Sum64())); err != nil {
		return err
	}
	if err = g.sums.Sync(); err != nil || !first {
		return err
	}
	return syncDir(g.files.PathDir(g.path), g.files)
}

func (g *guard) close() error {
	if g == nil || g.sums == nil {
		return nil
	}
	return g.sums.Close()
}

// checkManifest holds a list of files to what was noted of it last. Stores of earlier versions have no notes.
func checkManifest(manifest string, files vfs.FS) error {
	sums, err := readFile(sumsOf(manifest, files), files)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	var size int64
	hash := xxhash.New().Sum64()
	for line := range strings.Lines(string(sums)) {
		if n, h, ok := parseSum(line); ok {
			size, hash = n, h
		}
	}
	content, err := readFile(manifest, files)
	if err != nil {
		return err
	}
	if int64(len(content)) < size || xxhash.Sum64(content[:size]) != hash {
		return fmt.Errorf("%s is not what was written to it: %w", files.PathBase(manifest), pebble.ErrCorruption)
	}
	return nil
}

// parseSum reads a line that was not cut off.
func parseSum(line string) (size int64, hash uint64, ok bool) {
	line, whole := strings.CutSuffix(line, "\n")
	bytes, sum, _ := strings.Cut(line, " ")
	size, errSize := strconv.ParseInt(bytes, 10, 64)
	hash, errHash := strconv.ParseUint(sum, 16, 64)
	return size, hash, whole && len(sum) == 16 && errors.Join(errSize, errHash) == nil && size >= 0
}
