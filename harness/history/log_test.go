package history

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/powbench/powbench/protocols"
)

func TestLogKeepsEveryOperation(t *testing.T) {
	const n = 3*pageEntries + 1
	logs := []*Log{NewLog(1), NewLog(2)}
	var begun []*Entry
	for i := range uint64(n) {
		begun = append(begun, logs[i%2].Begin(Entry{Seq: i, Key: "k", Op: protocols.Read, Start: int64(n - i)}))
	}
	for i, e := range begun { // entries stay where they were
		if i%3 != 0 {
			e.Bottom = true
			e.Complete(e.Start+5, stamp(i))
		}
	}
	all := Merge(logs...)
	if len(all) != n {
		t.Fatalf("%d entries, want %d", len(all), n)
	}
	slices.Reverse(all) // they began with the latest start
	for i, got := range all {
		want := Entry{Client: uint64(i%2 + 1), Seq: uint64(i), Key: "k", Op: protocols.Read, Start: int64(n - i)}
		if i%3 == 0 {
			want.End, want.Outcome = Forever, Pending
		} else {
			want.End, want.Outcome, want.Timestamp, want.Bottom = want.Start+5, OK, stamp(i), true
		}
		if got != want {
			t.Fatalf("entry %d is %+v, want %+v", i, got, want)
		}
	}
	if got := Merge(); got != nil {
		t.Errorf("no logs merge to %v", got)
	}
}

// A Merging hands out what Merge returns, in parts of any size, and leaves the logs as they are.
func TestMergingHandsOutAll(t *testing.T) {
	forSeeds(t, 30, func(t *testing.T, rng *rand.Rand) {
		var logs []*Log
		for client := range uint64(rng.IntN(5)) {
			l, now := NewLog(client), int64(0)
			for seq := range uint64(rng.IntN(2 * pageEntries)) {
				now += rng.Int64N(3)
				l.Begin(Entry{Seq: seq, Key: "k", Op: protocols.Read, Start: now})
			}
			logs = append(logs, l)
		}
		want := Merge(logs...)
		for range 2 {
			var got []Entry
			m := NewMerging(logs...)
			for part := m.Next(1 + rng.IntN(1000)); len(part) > 0; part = m.Next(1 + rng.IntN(1000)) {
				got = append(got, part...)
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%d entries of %d logs, want %d in their order", len(got), len(logs), len(want))
			}
		}
	})
}

func BenchmarkLog(b *testing.B) {
	l := NewLog(1)
	for i := int64(0); b.Loop(); i++ {
		l.Begin(Entry{Key: "k", Op: protocols.Write, Start: i}).Complete(i+1, protocols.Timestamp{})
		if i%(1<<20) == 0 {
			l = NewLog(1)
		}
	}
}
