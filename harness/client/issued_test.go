package client_test

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/client"
	"github.com/powbench/powbench/protocols"
)

// What was kept is there for the next process, for each key apart.
func TestIssuedOutlivesItsWriter(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "issued")
	before := uint64(0)
	for _, want := range []uint64{1, 9, 10, math.MaxUint64} {
		i := client.NewIssued(dir)
		for _, key := range []protocols.Key{"k", "", "../k", protocols.Key(make([]byte, protocols.MaxKeyBytes))} {
			last, err := i.Last(key)
			if err != nil || last != before {
				t.Fatalf("key %.9q: last %d, %v, want %d", key, last, err, before)
			}
			if err := i.Keep(key, want); err != nil {
				t.Fatal(err)
			}
			if last, err := i.Last(key); err != nil || last != want {
				t.Errorf("key %.9q: %d, %v, want %d", key, last, err, want)
			}
		}
		if err := i.Close(); err != nil {
			t.Fatal(err)
		}
		again := client.NewIssued(dir)
		if last, err := again.Last("k"); err != nil || last != want {
			t.Errorf("the next process: %d, %v, want %d", last, err, want)
		}
		before = want
		if err := again.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A key has one writer at a time; others are not held up.
func TestTwoWritersAreRefused(t *testing.T) {
	dir := t.TempDir()
	one, two := client.NewIssued(dir), client.NewIssued(dir)
	if err := one.Keep("k", 1); err != nil {
		t.Fatal(err)
	}
	if _, err := two.Last("k"); err == nil || !strings.Contains(err.Error(), "two writers on one key") {
		t.Errorf("the second writer: %v", err)
	}
	if err := two.Keep("k", 7); err == nil {
		t.Error("the second writer issues a timestamp")
	}
	if _, err := two.Last("other"); err != nil {
		t.Errorf("another key: %v", err)
	}
	if err := one.Close(); err != nil {
		t.Fatal(err)
	}
	if last, err := two.Last("k"); err != nil || last != 1 {
		t.Errorf("after the first has gone: %d, %v", last, err)
	}
	_ = two.Close()
}

// A damaged file is no reason to begin from 1 again.
func TestDamagedIssued(t *testing.T) {
	dir := t.TempDir()
	i := client.NewIssued(dir)
	if err := i.Keep("k", 5); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, damage := range []string{"5", "0000000000000000000x\n", strings.Repeat("0", 30)} {
		if err := os.WriteFile(filepath.Join(dir, files[0].Name()), []byte(damage), 0o600); err != nil {
			t.Fatal(err)
		}
		if last, err := i.Last("k"); err == nil || !strings.Contains(err.Error(), files[0].Name()) {
			t.Errorf("%q: %d, %v, want an error that names the file", damage, last, err)
		}
	}
	_ = i.Close()
}
