package harness

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func mustScratch(t *testing.T, root string) *scratch {
	t.Helper()
	s, err := newScratch(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.remove() })
	return s
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// A start removes the databases of runs that were killed, and nothing else: neither those of a live run nor what a
// person keeps beside them.
func TestScratchRemovesTheDead(t *testing.T) {
	root := filepath.Join(t.TempDir(), "results", ".scratch")
	live := mustScratch(t, root)
	killed := mustScratch(t, root)
	for _, s := range []*scratch{live, killed} {
		sub, err := s.sub("mabd-read")
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(sub, "server-1", "000001.log"), "records")
	}
	killed.lock.Close() // the end of a process drops its locks
	unlocked, other := filepath.Join(root, scratchPrefix+"no-lock-yet"), filepath.Join(root, "notes")
	write(t, filepath.Join(unlocked, "x"), "")
	write(t, filepath.Join(other, "x"), "")

	next := mustScratch(t, root)
	for dir, want := range map[string]bool{
		filepath.Join(live.dir, "mabd-read", "server-1", "000001.log"): true,
		killed.dir: false, unlocked: false, other: true, next.dir: true,
	} {
		if exists(dir) != want {
			t.Errorf("%s: there %v, want %v", dir, exists(dir), want)
		}
	}
	if next.dir == live.dir {
		t.Error("two runs share a folder")
	}
}

func TestScratchIsRemoved(t *testing.T) {
	root := t.TempDir()
	s := mustScratch(t, root)
	sub, err := s.sub("run")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(sub, "x"), "")
	if _, err := lockDir(s.dir); !errors.Is(err, unix.EWOULDBLOCK) {
		t.Errorf("the lock of a live run was taken: %v", err)
	}
	if err := s.remove(); err != nil {
		t.Fatal(err)
	}
	if exists(s.dir) {
		t.Errorf("%s is left", s.dir)
	}
}

// A folder that its run removes while another start looks at it is none of that start's business.
func TestScratchVanishesMeanwhile(t *testing.T) {
	root := t.TempDir()
	gone := filepath.Join(root, scratchPrefix+"gone")
	if err := os.Symlink(filepath.Join(root, "nowhere"), gone); err != nil { // it is listed, but cannot be opened
		t.Fatal(err)
	}
	mustScratch(t, root)
}

func TestScratchNeedsAFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "")
	if _, err := newScratch(file); err == nil {
		t.Error("a file was taken for a folder")
	}
}
