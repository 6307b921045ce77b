package history

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
)

func TestWeaker(t *testing.T) {
	for name, c := range map[string]struct {
		entries               []Entry
		atomic, regular, safe result.VerdictCode
	}{
		"in order": {[]Entry{w(1, 1, 2), r(1, 3, 4)}, result.Linearizable, result.Linearizable, result.Linearizable},
		"new, then old": { // while a WRITE goes on
			[]Entry{w(1, 1, 2), w(2, 3, 20), r(2, 5, 6), r(1, 7, 8)}, result.Violation, result.Linearizable, result.Linearizable,
		},
		"stale": {
			[]Entry{w(1, 1, 2), w(2, 3, 4), r(1, 5, 6)}, result.Violation, result.Violation, result.Violation,
		},
		"stale beside a WRITE": {
			[]Entry{w(1, 1, 2), w(2, 3, 4), w(3, 5, 20), r(1, 6, 7)}, result.Violation, result.Violation, result.Linearizable,
		},
		"what nobody wrote": {[]Entry{w(1, 1, 2), r(9, 3, 4)}, result.Violation, result.Violation, result.Violation},
		"what nobody wrote, beside a WRITE": {
			[]Entry{w(1, 1, 5), r(9, 3, 4)}, result.Violation, result.Violation, result.Linearizable,
		},
		"before it was written": {[]Entry{r(1, 1, 2), w(1, 3, 4)}, result.Violation, result.Violation, result.Violation},
		"⊥ after a WRITE":       {[]Entry{w(1, 1, 2), r(0, 3, 4)}, result.Violation, result.Violation, result.Violation},
		"⊥ beside a WRITE":      {[]Entry{w(1, 1, 9), r(0, 3, 4)}, result.Linearizable, result.Linearizable, result.Linearizable},
		"one of two WRITEs that overlap": {
			[]Entry{w(1, 1, 5), w(2, 2, 6), r(1, 7, 8), r(2, 7, 8)}, result.Violation, result.Linearizable, result.Linearizable,
		},
		"a WRITE that died": {
			[]Entry{crashed(w(1, 1, 2)), w(2, 3, 4), r(1, 5, 6)}, result.Linearizable, result.Linearizable, result.Linearizable,
		},
	} {
		h := history(c.entries...)
		for promise, want := range map[protocols.Consistency]result.VerdictCode{
			protocols.Atomic: c.atomic, protocols.Regular: c.regular, protocols.Safe: c.safe,
		} {
			if got := CheckAs(h, promise); got.Code != want && !(promise == protocols.Atomic && got.Detail != "" && want == result.Linearizable) {
				t.Errorf("%s, %v: %v, want %v: %s", name, promise, got.Code, want, got.Detail)
			}
		}
	}
}

// isRegular is the definition, in O(n³).
func isRegular(entries []Entry, judged func(read Entry) bool) bool {
	for _, read := range entries {
		if read.Op != protocols.Read || read.Outcome == Pending || !judged(read) {
			continue
		}
		written := read.Bottom
		w := Entry{Start: beforeAll, End: beforeAll}
		for _, e := range entries {
			if e.Op == protocols.Write && !read.Bottom && e.Value == read.Value {
				w, written = e, true
			}
		}
		if !written || read.End < w.Start {
			return false
		}
		for _, e := range entries {
			if e.Op == protocols.Write && e.Outcome == OK && w.End < e.Start && e.End < read.Start {
				return false
			}
		}
	}
	return true
}

// On random histories, sound and spoilt, the checkers agree with the definitions; and what is atomic is regular, what is regular
// is safe.
func TestWeakerAgreesWithTheDefinition(t *testing.T) {
	forSeeds(t, 400, func(t *testing.T, rng *rand.Rand) {
		all := [][]Entry{simulate(rng, 2+rng.IntN(9), 12)}
		for _, name := range slices.Sorted(maps.Keys(mutations)) {
			h := slices.Clone(all[0])
			mutations[name](rng, h)
			all = append(all, h)
		}
		for _, h := range all {
			regular, safe := Regular(h), Safe(h)
			if regular.Code == result.Unknown {
				continue
			}
			alone := func(read Entry) bool {
				return !slices.ContainsFunc(h, func(e Entry) bool { return e.Op == protocols.Write && e.Start <= read.End && read.Start <= e.End })
			}
			if want := isRegular(h, func(Entry) bool { return true }); want != (regular.Code == result.Linearizable) {
				t.Errorf("regular: %v, want %v: %s\n%v", regular.Code, want, regular.Detail, h)
			}
			if want := isRegular(h, alone); want != (safe.Code == result.Linearizable) {
				t.Errorf("safe: %v, want %v: %s\n%v", safe.Code, want, safe.Detail, h)
			}
			if Zones(h).Code == result.Linearizable && regular.Code != result.Linearizable ||
				regular.Code == result.Linearizable && safe.Code != result.Linearizable {
				t.Errorf("linearizable %v, regular %v, safe %v\n%v", Zones(h).Code, regular.Code, safe.Code, h)
			}
		}
	})
}
