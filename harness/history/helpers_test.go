package history

import (
	"errors"
	"flag"
	"io"
	"iter"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/workloads"
)

// What tests outside of the package use.
var (
	Simulate  = simulate
	Mutations = mutations
	ForSeeds  = forSeeds
	OnlySeed  = onlySeed
)

var onlySeed = flag.Int("history.seed", -1, "run the random tests with this seed only")

// forSeeds runs f with n seeds, each with its own random source. A failure stops the test and prints the seed.
func forSeeds(t *testing.T, n int, f func(t *testing.T, rng *rand.Rand)) {
	t.Helper()
	for seed := range n {
		if *onlySeed >= 0 {
			seed = *onlySeed
		}
		f(t, rand.New(rand.NewPCG(uint64(seed), 1)))
		if t.Failed() {
			t.Fatalf("seed %d; repeat with: go test ./harness/history -run '^%s$' -history.seed %d", seed, t.Name(), seed)
		}
		if *onlySeed >= 0 {
			return
		}
	}
}

// val is the value that the tests call n, and stamp its timestamp.
func val(n int) workloads.ID { return workloads.ID{Client: 1, Seq: uint64(n)} }

func stamp(n int) protocols.Timestamp {
	return protocols.Timestamp{Num: uint64(n), PID: min(uint64(n), 1)}
}

// w is a write of value n, with timestamp n.
func w(n int, start, end int64) Entry {
	return Entry{
		Client: 1, Seq: uint64(n), Key: "k", Op: protocols.Write,
		Start: start, End: end, Timestamp: stamp(n), Value: val(n), Outcome: OK,
	}
}

// r is a read that returned value n, or ⊥ for 0.
func r(n int, start, end int64) Entry {
	e := Entry{Client: 2, Key: "k", Op: protocols.Read, Start: start, End: end, Outcome: OK}
	return returning(e, n)
}

// returning makes the read e one that returned value n, or ⊥ for 0.
func returning(e Entry, n int) Entry {
	e.Timestamp, e.Value, e.Bottom = stamp(n), val(n), n == 0
	if e.Bottom {
		e.Value = workloads.ID{}
	}
	return e
}

// crashed makes an operation pending.
func crashed(e Entry) Entry {
	e.End, e.Outcome, e.Timestamp = Forever, Pending, protocols.Timestamp{}
	if e.Op == protocols.Read {
		e.Value, e.Bottom = workloads.ID{}, false
	}
	return e
}

// history numbers the entries, so that each has its own name.
func history(entries ...Entry) []Entry {
	for i := range entries {
		entries[i].Seq = uint64(i + 1)
	}
	return entries
}

// writeAll writes the text of a history's file.
func writeAll(to io.Writer, entries []Entry) error {
	e, err := newEncoder(to)
	return errors.Join(err, e.write(entries), e.close())
}

// whole is a history in one part.
func whole(entries []Entry) iter.Seq[[]Entry] { return slices.Values([][]Entry{entries}) }
