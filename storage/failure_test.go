package storage

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/powbench/powbench/protocols"
)

// TestFailureStays expects every call after a failure to return it.
func TestFailureStays(t *testing.T) {
	s := mustOpen(t, Options{Dir: "store"}, vfs.NewMem())
	mustApply(t, s, "k", protocols.Record{Name: "n"})
	logger := logger{log: discard, failure: s.failure}
	logger.Fatalf("first %d", 1)
	logger.Fatalf("second")
	_, _, _, get := s.State("k", protocols.Heap{}).Get("n")
	_, _, body := s.State("k", protocols.Heap{}).Body("n")
	apply := s.Apply("k", []protocols.Record{{Name: "n"}})
	for call, err := range map[string]error{"Get": get, "Body": body, "Apply": apply, "Close": s.Close()} {
		if err == nil || err.Error() != "storage in store: first 1" {
			t.Errorf("%s: %v", call, err)
		}
	}
}

func TestClosed(t *testing.T) {
	s := mustOpen(t, Options{Dir: "store"}, vfs.NewMem())
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Apply("k", []protocols.Record{{Name: "n"}}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Apply: %v", err)
	}
	if _, _, _, err := s.State("k", protocols.Heap{}).Get("n"); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Get: %v", err)
	}
	if m := s.Metrics(); m != (Metrics{}) {
		t.Errorf("Metrics: %+v", m)
	}
}

// TestDirectoryInUse opens a directory twice: under another name of it, and from another process.
func TestDirectoryInUse(t *testing.T) {
	t.Chdir(t.TempDir())
	s, err := Open(Options{Dir: "d"})
	if err != nil {
		t.Fatal(err)
	}
	abs, err := filepath.Abs("d")
	if err != nil {
		t.Fatal(err)
	}
	wantInUse(t, "./d/.", abs)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	runWhile(t, "fsync "+abs+" 1", func() { wantInUse(t, abs, abs) })
}

func wantInUse(t *testing.T, dir, name string) {
	t.Helper()
	_, err := Open(Options{Dir: dir})
	if err == nil || !strings.HasPrefix(err.Error(), "storage in "+name+": in use by another powbench server; stop it") {
		t.Errorf("Open of a directory in use: %v", err)
	}
}

func TestUnusableDirectories(t *testing.T) {
	dir := t.TempDir()
	file, foreign := filepath.Join(dir, "file"), filepath.Join(dir, "foreign")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	db, err := pebble.Open(foreign, &pebble.Options{Logger: logger{log: discard, failure: &failure{}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{}, "no directory is given"},
		{Options{Dir: file}, "not a directory"},
		{Options{Dir: foreign}, "not a store of this version of powbench; remove it or choose another directory"},
		{Options{Dir: dir, Durability: "often"}, `unknown durability "often": use "fsync", "write" or "memory"`},
	} {
		if _, err := Open(c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Open(%+v): %v, want %q", c.o, err, c.want)
		}
	}
}

// TestDamage flips a bit of a value on disk: reading that value fails, and says where; the rest can be read.
func TestDamage(t *testing.T) {
	o := Options{Dir: t.TempDir(), Durability: protocols.Unsynced}
	s := mustOpen(t, o, vfs.Default)
	for _, name := range []string{"first", "second"} {
		mustApply(t, s, "k", protocols.Record{Name: name, Body: []byte("body"), Payload: make([]byte, 10_000)})
	}
	if err := pebbleOf(s).Flush(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	blobs, err := filepath.Glob(filepath.Join(o.Dir, "*.blob"))
	if err != nil || len(blobs) != 1 {
		t.Fatalf("blob files %v, %v: want one", blobs, err)
	}
	flip(t, blobs[0], 5_000)
	s = mustOpen(t, o, vfs.Default)
	defer s.Close()
	state := s.State("k", protocols.Heap{})
	_, _, _, err = state.Get("first")
	if !pebble.IsCorruptionError(err) || !strings.Contains(err.Error(), o.Dir) {
		t.Errorf("Get of a damaged payload: %v", err)
	}
	if body, _, err := state.Body("first"); err != nil || !bytes.Equal(body, []byte("body")) {
		t.Errorf("Body beside a damaged payload: %q, %v", body, err)
	}
	if _, payload, _, err := state.Get("second"); err != nil || len(payload) != 10_000 {
		t.Errorf("Get of another record: %d bytes, %v", len(payload), err)
	}
}

func flip(t *testing.T, name string, at int) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	data[at] ^= 1
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestDamagedLog flips bytes in the log of a store that was killed young: it must be refused, for what follows the
// damage was acknowledged.
func TestDamagedLog(t *testing.T) {
	live := t.TempDir()
	s, err := Open(Options{Dir: live})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for version := range uint64(100) {
		if err := s.Apply("k", versionRecords(version+1, 2<<10)); err != nil {
			t.Fatal(err)
		}
	}
	for _, part := range []int{10, 4, 2} {
		killed := t.TempDir()
		if err := os.CopyFS(killed, os.DirFS(live)); err != nil {
			t.Fatal(err)
		}
		damageLog(t, killed, part)
		opened, err := Open(Options{Dir: killed})
		if err == nil {
			opened.Close()
		}
		if err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("damage at 1/%d of the log: %v, want a refusal", part, err)
		}
	}
}

// damageLog flips bytes of the newest log at a part of what was written to it.
func damageLog(t *testing.T, dir string, part int) {
	t.Helper()
	logs, err := filepath.Glob(filepath.Join(dir, "*.log"))
	if err != nil || len(logs) == 0 {
		t.Fatalf("%v, %v, want a log", logs, err)
	}
	newest := logs[len(logs)-1]
	data, err := os.ReadFile(newest)
	if err != nil {
		t.Fatal(err)
	}
	at := len(bytes.TrimRight(data, "\x00")) / part
	for i := range 64 {
		data[at+i] ^= 0xff
	}
	if err := os.WriteFile(newest, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
