package history

import (
	"iter"
	"math/rand/v2"
	"slices"

	"github.com/powbench/powbench/protocols"
)

// oracle decides linearizability the dumb way: it tries every order of the operations that respects real time, and
// every choice of pending operations that never happened.
func oracle(entries []Entry) bool { return extend(entries, Entry{Bottom: true}) }

// extend reports whether the operations can follow each other, when the register holds what the last write wrote.
func extend(rest []Entry, last Entry) bool {
	if !slices.ContainsFunc(rest, func(e Entry) bool { return e.Outcome == OK }) {
		return true
	}
	for i, e := range rest {
		if slices.ContainsFunc(rest, func(o Entry) bool { return o.End < e.Start }) {
			continue // o must come first
		}
		next := last
		if e.Op == protocols.Write {
			next = e
		} else if e.Outcome == OK && (e.Bottom != last.Bottom || e.Value != last.Value) {
			continue
		}
		if extend(slices.Concat(rest[:i], rest[i+1:]), next) {
			return true
		}
	}
	return false
}

// simulate makes a linearizable history of n operations on one key: each takes effect at one instant between its
// start and its end, on a clock so coarse that many instants are the same. Timestamps follow the writes' order. Some
// operations stay pending; of those, some never take effect.
func simulate(rng *rand.Rand, n int, instants int64) []Entry {
	type op struct {
		Entry
		at int64
	}
	ops := make([]op, n)
	for i := range ops {
		e := Entry{Client: uint64(i), Key: "k", Op: protocols.Read, Outcome: OK}
		if rng.IntN(2) == 0 {
			e.Op = protocols.Write
		}
		if rng.IntN(6) == 0 {
			e.Outcome = Pending
		}
		times := []int64{rng.Int64N(instants), rng.Int64N(instants), rng.Int64N(instants)}
		slices.Sort(times)
		e.Start, e.End = times[0], times[2]
		ops[i] = op{e, times[1]}
		if e.Outcome == Pending && rng.IntN(2) == 0 {
			ops[i].at = Forever // never
		}
	}
	slices.SortStableFunc(ops, func(a, b op) int { return int(min(a.at, instants) - min(b.at, instants)) })
	entries := make([]Entry, n)
	current, written := 0, 0
	for i, o := range ops {
		e := o.Entry
		if e.Op == protocols.Write {
			written++
			e.Value, e.Timestamp = val(written), stamp(written)
			if o.at < Forever {
				current = written
			}
		} else {
			e = returning(e, current)
		}
		if e.Outcome == Pending {
			e = crashed(e)
		}
		entries[i] = e
	}
	rng.Shuffle(n, func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
	return history(entries...)
}

// mutations change a history so that it may no longer be linearizable.
var mutations = map[string]func(rng *rand.Rand, h []Entry){
	"another value read": func(rng *rand.Rand, h []Entry) { // stale, future or unwritten
		for e := range pick(rng, h, 1, isRead) {
			*e = returning(*e, rng.IntN(len(h)))
		}
	},
	"any values read": func(rng *rand.Rand, h []Entry) {
		for e := range pick(rng, h, len(h), isRead) {
			*e = returning(*e, rng.IntN(3))
		}
	},
	"corrupt value": func(rng *rand.Rand, h []Entry) {
		for e := range pick(rng, h, 1, isRead) {
			e.Value, e.Bottom = Corrupt, false
		}
	},
	"reads swapped": func(rng *rand.Rand, h []Entry) { // new-old inversion
		swap(pick(rng, h, 2, isRead))
	},
	"times swapped": func(rng *rand.Rand, h []Entry) {
		swap(pick(rng, h, 2, hasEnded))
	},
	"time moved": func(rng *rand.Rand, h []Entry) {
		for e := range pick(rng, h, 1, hasEnded) {
			e.Start += rng.Int64N(4)
			e.End = e.Start + rng.Int64N(4)
		}
	},
	"pending write ended": func(rng *rand.Rand, h []Entry) { // lost write
		for e := range pick(rng, h, len(h), isPendingWrite) {
			e.Complete(e.Start, protocols.Timestamp{Num: e.Value.Seq, PID: 1})
		}
	},
}

func hasEnded(e Entry) bool       { return e.Outcome == OK }
func isRead(e Entry) bool         { return e.Op == protocols.Read && e.Outcome == OK }
func isPendingWrite(e Entry) bool { return e.Op == protocols.Write && e.Outcome == Pending }

// pick yields at most n random entries of the kind.
func pick(rng *rand.Rand, h []Entry, n int, kind func(Entry) bool) iter.Seq[*Entry] {
	return func(yield func(*Entry) bool) {
		for _, i := range rng.Perm(len(h)) {
			if n > 0 && kind(h[i]) {
				if n--; !yield(&h[i]) {
					return
				}
			}
		}
	}
}

// swap exchanges the times of two operations.
func swap(two iter.Seq[*Entry]) {
	if es := slices.Collect(two); len(es) == 2 {
		a, b := es[0], es[1]
		a.Start, b.Start, a.End, b.End = b.Start, a.Start, b.End, a.End
	}
}
