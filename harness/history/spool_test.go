package history

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"runtime"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/workloads"
)

// many is a linearizable history of n operations on so many keys, WRITEs and READs in turns, from the i-th on.
func many(i, n, keys int) (all []Entry) {
	for ; n > 0; i, n = i+1, n-1 {
		round := i / keys
		e := Entry{
			Client: uint64(1 + i%keys), Seq: uint64(round), Key: protocols.Key(fmt.Sprintf("key-%06d", i%keys)), Op: protocols.Write,
			Start: int64(10 * i), End: int64(10*i + 9), Outcome: OK,
		}
		if round%2 == 1 {
			e.Op = protocols.Read
			round--
		}
		e.Timestamp = protocols.Timestamp{Num: uint64(round + 1), PID: e.Client}
		e.Value = workloads.ID{Client: e.Client, Seq: uint64(round)}
		all = append(all, e)
	}
	return all
}

// A spool tells all that was added to it, whatever part of it went to its file, and all of a key in one part.
func TestSpool(t *testing.T) {
	for _, n := range []int{0, 1, 1000, spoolHeld - 1, spoolHeld, 2*spoolHeld + 7} {
		s := NewSpool(t.TempDir())
		want := map[protocols.Key][]Entry{}
		for i := 0; i < n; i += 4096 {
			some := many(i, min(4096, n-i), 300)
			for _, e := range some {
				want[e.Key] = append(want[e.Key], e)
			}
			if err := s.Add(some); err != nil {
				t.Fatal(err)
			}
		}
		if (s.file != nil) != (n >= spoolHeld) {
			t.Errorf("%d entries: the file is there: %v", n, s.file != nil)
		}
		got := map[protocols.Key][]Entry{}
		for part := range s.Parts() {
			if len(part) > 2*spoolPart {
				t.Errorf("%d entries: a part has %d", n, len(part))
			}
			here := map[protocols.Key][]Entry{}
			for _, e := range part {
				here[e.Key] = append(here[e.Key], e)
			}
			for key, entries := range here {
				if got[key] != nil {
					t.Fatalf("%d entries: %s is in two parts", n, key)
				}
				got[key] = entries
			}
		}
		if s.Err() != nil || s.Len() != int64(n) || !reflect.DeepEqual(got, want) {
			t.Errorf("%d entries: %d came back, of other keys or order: %v", n, s.Len(), s.Err())
		}
		if v := CheckParts(s.Parts(), protocols.Atomic); n > 0 && (v.Code != result.Linearizable || v.Operations != int64(n)) {
			t.Errorf("%d entries: %+v", n, v)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A spool that cannot write says so, and what it cannot read does not pass for a short history.
func TestSpoolFails(t *testing.T) {
	s := NewSpool(filepath.Join(t.TempDir(), "missing"))
	if err := s.Add(many(0, spoolHeld, 10)); err == nil || s.Err() == nil {
		t.Error("a spool without a folder")
	}
	s = NewSpool(t.TempDir())
	if err := s.Add(many(0, spoolHeld, 10)); err != nil {
		t.Fatal(err)
	}
	if err := s.file.Truncate(s.end / 2); err != nil {
		t.Fatal(err)
	}
	n := 0
	for part := range s.Parts() {
		n += len(part)
	}
	if s.Err() == nil || n == spoolHeld {
		t.Errorf("half the file was lost, and %d operations are there: %v", n, s.Err())
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// Histories in parts are judged as whole ones are, whether they are right or wrong.
func TestCheckParts(t *testing.T) {
	forSeeds(t, 40, func(t *testing.T, rng *rand.Rand) {
		var all []Entry
		var parts [][]Entry
		for key := range 1 + rng.IntN(4) {
			h := simulate(rng, 30, 3)
			for i := range h {
				h[i].Key = protocols.Key(fmt.Sprintf("%s of %d", h[i].Key, key))
				if h[i].Op == protocols.Read && rng.IntN(60) == 0 {
					h[i].Value, h[i].Bottom = Corrupt, false
				}
			}
			all, parts = append(all, h...), append(parts, h)
		}
		want := CheckAs(all, protocols.Atomic).Verdict
		got := CheckParts(func(yield func([]Entry) bool) {
			for _, p := range parts {
				if !yield(p) {
					return
				}
			}
		}, protocols.Atomic)
		if got.Code != want.Code || got.Operations != want.Operations || got.Checker != want.Checker {
			t.Errorf("in parts %+v, whole %+v", got, want)
		}
	})
	none := func(func([]Entry) bool) {}
	if got, want := CheckParts(none, protocols.Atomic), CheckAs(nil, protocols.Atomic).Verdict; got != want {
		t.Errorf("nothing: %+v, want %+v", got, want)
	}
}

// A long history is gathered and judged in a small part of the memory that its entries take.
func TestSpoolSavesMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	const n, keys = 1 << 21, 1000
	s := NewSpool(t.TempDir())
	defer s.Close()
	for i := 0; i < n; i += 1 << 15 {
		if err := s.Add(many(i, 1<<15, keys)); err != nil {
			t.Fatal(err)
		}
	}
	most := uint64(0)
	for part := range s.Parts() {
		if v := CheckAs(part, protocols.Atomic); v.Code != result.Linearizable {
			t.Fatalf("%+v", v)
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		most = max(most, m.HeapAlloc)
	}
	if whole := uint64(n) * 144; s.Err() != nil || most > whole/2 {
		t.Errorf("%d operations, of %d MiB, took %d MiB: %v", n, whole>>20, most>>20, s.Err())
	}
}

var spooled = flag.Int("spool.operations", 1_000_000, "operations of BenchmarkSpool")

// BenchmarkSpool gathers and checks a history; its metric is the most memory that this took.
func BenchmarkSpool(b *testing.B) {
	most := uint64(0)
	for b.Loop() {
		s := NewSpool(b.TempDir())
		for i := 0; i < *spooled; i += 1 << 15 {
			if err := s.Add(many(i, min(1<<15, *spooled-i), 1000)); err != nil {
				b.Fatal(err)
			}
			most = max(most, heapInUse())
		}
		for part := range s.Parts() {
			if v := CheckAs(part, protocols.Atomic); v.Code != result.Linearizable {
				b.Fatalf("%+v", v)
			}
			most = max(most, heapInUse())
		}
		if err := errors.Join(s.Err(), s.Close()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(most>>20), "MiB")
}

func heapInUse() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}
