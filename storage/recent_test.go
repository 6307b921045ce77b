package storage

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/powbench/powbench/protocols"
)

// TestRecent stores, replaces and deletes records at random, with bodies of many sizes, and expects every answer to be that
// of the model, and those about the newest records to be known, and what is kept to stay within its bounds.
func TestRecent(t *testing.T) {
	for seed := range uint64(6) {
		random := rand.New(rand.NewPCG(seed, 0))
		r, want := newRecent(true), model{}
		for step := range 600 {
			key := protocols.Key(fmt.Sprint(random.IntN(3)))
			records := randomRecords(random, step)
			r.put(key, records)
			want.put(key, records)
			checkRecent(t, r, want, key, fmt.Sprintf("seed %d, step %d", seed, step))
		}
	}
}

// randomRecords is a new version, and what became of an old one or of the record that tells the newest.
func randomRecords(random *rand.Rand, step int) []protocols.Record {
	records := []protocols.Record{{Name: fmt.Sprintf("hist/%04d", step-random.IntN(3)), Body: make([]byte, random.IntN(2000))}}
	switch random.IntN(4) {
	case 0:
		return append(records, protocols.Record{Name: fmt.Sprintf("hist/%04d", random.IntN(step+1)), Delete: true})
	case 1:
		return append(records, protocols.Record{Name: fmt.Sprintf("hist/%04d", random.IntN(step+1)), Body: []byte("again")})
	case 2:
		return append(records, protocols.Record{Name: "lc", Body: fmt.Append(nil, step), Payload: []byte{1}})
	}
	return records
}

func checkRecent(t *testing.T, r *recent, want model, key protocols.Key, where string) {
	t.Helper()
	for name, record := range want[key] {
		entry, found, known := r.find(key, name)
		if known && !found {
			t.Fatalf("%s: %q is said to be missing", where, name)
		}
		wanted := make([]byte, 1+len(record.Body))
		putBody(wanted, record)
		if known && !bytes.Equal(entry, wanted) {
			t.Fatalf("%s: entry of %q: %d bytes, want %d", where, name, len(entry), len(wanted))
		}
		if name == "lc" && !known {
			t.Fatalf("%s: the highest name is not known", where)
		}
	}
	if _, found, known := r.find(key, "hist/9999"); found || !known {
		t.Fatalf("%s: a version that is to come: found %v, known %v", where, found, known)
	}
	sum := 0
	for _, tail := range r.registers {
		if tail.bytes > registerBytes {
			t.Fatalf("%s: %d bytes of one register", where, tail.bytes)
		}
		sum += tail.bytes
	}
	if sum != r.bytes {
		t.Fatalf("%s: %d bytes counted, %d kept", where, r.bytes, sum)
	}
}

// TestRecentIsBounded stores more registers than there is room for, and expects those to be unknown that came too late, and
// then also those that never came.
func TestRecentIsBounded(t *testing.T) {
	r := newRecent(true)
	body := make([]byte, registerBytes/2)
	const count = 2*recentBytes/registerBytes + 100
	for i := range count {
		r.put(protocols.Key(fmt.Sprint(i)), []protocols.Record{{Name: "n", Body: body}})
	}
	if r.bytes > recentBytes+registerBytes {
		t.Errorf("%d bytes are kept, want at most %d and a register", r.bytes, recentBytes)
	}
	for key, want := range map[string]bool{"0": true, fmt.Sprint(count - 1): false, "none": false} {
		if _, found, known := r.find(protocols.Key(key), "n"); known != want || found != want {
			t.Errorf("register %s: found %v, known %v, want %v", key, found, known, want)
		}
	}
}

// TestRecentAfterRestart expects a database that was there before to be asked.
func TestRecentAfterRestart(t *testing.T) {
	o := Options{Dir: t.TempDir(), Durability: protocols.Unsynced}
	for _, empty := range []bool{true, false} {
		s := mustOpen(t, o, vfs.Default)
		if _, _, known := s.engine.(*tree).recent.find("k", "n"); known != empty {
			t.Errorf("empty %v: known %v", empty, known)
		}
		mustApply(t, s, "k", protocols.Record{Name: fmt.Sprint("n", empty)})
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
