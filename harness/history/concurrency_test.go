package history

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/workloads"
)

func TestConcurrency(t *testing.T) {
	elsewhere := w(3, 1, 9)
	elsewhere.Key = "other"
	for _, test := range []struct {
		name     string
		h        []Entry
		from, to int64
		want     float64
	}{
		{"one after the other", history(w(1, 1, 2), w(2, 3, 4)), 0, 9, 0},
		{"touching", history(w(1, 1, 2), w(2, 2, 3)), 0, 9, 1},
		{"one in another, one alone", history(w(1, 1, 6), w(2, 2, 3), w(3, 7, 8), w(4, 9, 9)), 0, 9, 0.5},
		{"a long one over two short ones", history(w(1, 1, 8), w(2, 2, 3), w(3, 5, 6)), 0, 9, 1},
		{"another key", history(w(1, 2, 3), elsewhere), 0, 9, 0},
		{"pending", history(w(1, 2, 3), crashed(w(2, 1, 0))), 0, 9, 0},
		{"only ends in the window count", history(w(1, 1, 3), w(2, 2, 5), w(3, 6, 7)), 5, 7, 0.5},
		{"nothing in the window", history(w(1, 1, 3)), 5, 7, 0},
	} {
		if got := Concurrency(whole(test.h), test.from, test.to); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

func TestConcurrencyAgreesWithCounting(t *testing.T) {
	forSeeds(t, 2000, func(t *testing.T, rng *rand.Rand) {
		h := simulate(rng, 2+rng.IntN(12), 2+rng.Int64N(40))
		ended, meet := 0, 0
		for _, e := range h {
			overlaps := func(o Entry) bool {
				return o.Outcome == OK && o.Seq != e.Seq && o.Start <= e.End && e.Start <= o.End
			}
			if e.Outcome == OK {
				ended++
				if slices.ContainsFunc(h, overlaps) {
					meet++
				}
			}
		}
		if got := Concurrency(whole(h), 0, 100); ended > 0 && got != float64(meet)/float64(ended) {
			t.Errorf("%v, want %d of %d\n%s", got, meet, ended, Timeline(h))
		}
	})
}

// The key space that the workload chooses gives the concurrency that was asked for, as far as its documentation promises.
func TestKeyspaceGivesTheConcurrencyAskedFor(t *testing.T) {
	const seed, clients, p, opsEach = 3, 8, 0.05, 5000
	keys := workloads.Keyspace(clients, p)
	rng := rand.New(rand.NewPCG(seed, 0))
	var h []Entry
	for c := range uint64(clients) {
		chooser := workloads.NewChooser(seed, c, keys)
		now := int64(0)
		for range opsEach {
			end := now + 500 + rng.Int64N(1000)
			h = append(h, Entry{
				Key: workloads.KeyName(chooser()), Op: protocols.Read, Outcome: OK, Start: now, End: end,
			})
			now = end + 1
		}
	}
	if got := Concurrency(whole(h), 0, Forever); got < p || got > 2.2*p {
		t.Errorf("seed %d: measured %.3f, asked for %.3f: want between p and about 2p", seed, got, p)
	} else {
		t.Logf("measured %.3f, asked for %.3f", got, p)
	}
}
