package frame

import (
	"cmp"
	"slices"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/stat"
)

// WorstCase is the most that operations of one kind took in the trials that their protocol is to withstand.
type WorstCase struct {
	System     System
	Op         string
	T          int
	ValueBytes int
	Trials     int
	Ops        int64
	Rounds     result.Rounds // the most, of two as long those with more data
	Attack     string        // the first that brings them about
	Most       result.Most
}

// Verdict compares it with the paper's row, if there is one.
func (w WorstCase) Verdict() string {
	p := PublishedAs(w.System.Protocol, w.System.Variant)
	if p == nil {
		return stat.Missing
	}
	return p.compare(w.Op, w.Rounds)
}

// WorstCases are those of every protocol and operation that trials counted.
func WorstCases(trials []Trial) (all []WorstCase) {
	ids := AttackIDs(trials) // the fault-free trial is the first
	trials = slices.Clone(trials)
	slices.SortStableFunc(trials, func(a, b Trial) int {
		return cmp.Compare(slices.Index(ids, a.Attack), slices.Index(ids, b.Attack))
	})
	for _, t := range trials {
		if t.Bounds() {
			all = t.raise(all, result.OpRead, t.ReadKinds, t.ReadMost)
			all = t.raise(all, result.OpWrite, t.WriteKinds, t.WriteMost)
		}
	}
	slices.SortFunc(all, func(a, b WorstCase) int {
		return cmp.Or(CompareSystems(a.System, b.System), cmp.Compare(a.Op, b.Op), cmp.Compare(a.T, b.T))
	})
	return all
}

// raise adds what the trial's operations of one kind took.
func (t Trial) raise(all []WorstCase, op string, kinds map[result.Rounds]int64, most result.Most) []WorstCase {
	if len(kinds) == 0 {
		return all // of an earlier version, which did not count them
	}
	s := t.system()
	i := slices.IndexFunc(all, func(w WorstCase) bool { return w.System == s && w.Op == op && w.T == t.T })
	if i < 0 {
		i, all = len(all), append(all, WorstCase{System: s, Op: op, T: t.T, ValueBytes: t.ValueBytes})
	}
	w := &all[i]
	w.Trials++
	w.Most.Raise(most)
	for rounds, ops := range kinds {
		if w.Ops += ops; worse(rounds, w.Rounds) {
			w.Rounds, w.Attack = rounds, AttackName(t.Attack, []Trial{t})
		}
	}
	return all
}

// worse reports whether a takes longer than b: more rounds or, of as many, more with data.
func worse(a, b result.Rounds) bool {
	return cmp.Or(cmp.Compare(a.Total(), b.Total()), cmp.Compare(a.Data, b.Data)) > 0
}

// system is what the trial attacked.
func (t Trial) system() System {
	protocol, variant := result.SplitName(t.Protocol)
	return System{Protocol: protocol, Variant: variant}
}
