package scratch

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

const prefix = "powbench-data-"

func mustNew(t *testing.T, root string) *Folder {
	t.Helper()
	f, err := New(root, prefix)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Remove() })
	return f
}

func write(t *testing.T, path string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, nil, 0o644)); err != nil {
		t.Fatal(err)
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// New removes the folders of killed processes, and nothing else: neither those of a live one nor what a person keeps
// beside them.
func TestNewRemovesTheDead(t *testing.T) {
	root := filepath.Join(t.TempDir(), "results", ".scratch")
	live, killed := mustNew(t, root), mustNew(t, root)
	for _, f := range []*Folder{live, killed} {
		write(t, filepath.Join(f.Dir, "run", "000001.log"))
	}
	killed.lock.Close() // the end of a process drops its locks
	unlocked, other := filepath.Join(root, prefix+"no-lock"), filepath.Join(root, "notes")
	write(t, filepath.Join(unlocked, "x"))
	write(t, filepath.Join(other, "x"))
	gone := filepath.Join(root, prefix+"gone") // is listed, but cannot be opened, as if another start removed it just now
	if err := os.Symlink(filepath.Join(root, "nowhere"), gone); err != nil {
		t.Fatal(err)
	}
	next := mustNew(t, root)
	for dir, want := range map[string]bool{
		filepath.Join(live.Dir, "run", "000001.log"): true, killed.Dir: false, unlocked: false, other: true, next.Dir: true,
	} {
		if exists(dir) != want {
			t.Errorf("%s: there %v, want %v", dir, exists(dir), want)
		}
	}
	if next.Dir == live.Dir {
		t.Error("two runs share a folder")
	}
}

func TestRemove(t *testing.T) {
	f := mustNew(t, t.TempDir())
	write(t, filepath.Join(f.Dir, "run", "x"))
	if _, err := lock(f.Dir); !errors.Is(err, unix.EWOULDBLOCK) {
		t.Errorf("the lock of a live run was taken: %v", err)
	}
	if err := f.Remove(); err != nil || exists(f.Dir) {
		t.Errorf("%s is left (%v)", f.Dir, err)
	}
}

func TestNewNeedsAFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	write(t, file)
	if _, err := New(file, prefix); err == nil {
		t.Error("a file was taken for a folder")
	}
}
