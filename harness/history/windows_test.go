package history

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/powbench/powbench/harness/result"
)

// cut divides a history at instants: what is open there ends before, and what begins later does so later still.
func cut(h []Entry, at ...int64) [][]Entry {
	const gap = 10
	windows := make([][]Entry, len(at)+1)
	for _, e := range h {
		k := 0
		for k < len(at) && e.Start >= at[k] {
			k++
		}
		if e.Outcome == OK {
			if k < len(at) {
				e.End = min(e.End, at[k]-1)
			}
			e.End += int64(k) * gap
		}
		e.Start += int64(k) * gap
		windows[k] = append(windows[k], e)
	}
	return slices.DeleteFunc(windows, func(w []Entry) bool { return len(w) == 0 })
}

// Windows one by one and the whole history come to the same, be it linearizable or not.
func TestWindows(t *testing.T) {
	const instants = 16
	names := slices.Sorted(maps.Keys(mutations))
	verdicts := map[result.VerdictCode]int{}
	forSeeds(t, 6000, func(t *testing.T, rng *rand.Rand) {
		h := simulate(rng, 3+rng.IntN(14), instants)
		if rng.IntN(3) > 0 {
			mutations[names[rng.IntN(len(names))]](rng, h)
		}
		cuts := []int64{1 + rng.Int64N(instants-1), 1 + rng.Int64N(instants-1), 1 + rng.Int64N(instants-1)}
		slices.Sort(cuts)
		windows := cut(h, slices.Compact(cuts)...)
		whole := Zones(slices.Concat(windows...))
		one, detail := result.Linearizable, ""
		var all Windows
		for _, w := range windows {
			if r := all.Check(w); r.Code != result.Linearizable {
				one, detail = r.Code, r.Detail
				break
			}
		}
		verdicts[whole.Code]++
		if one != whole.Code {
			t.Errorf("window by window: %s (%s); the whole history: %s (%s)\n%+v", one, detail, whole.Code, whole.Detail, windows)
		}
	})
	if *onlySeed < 0 && (verdicts[result.Linearizable] < 1000 || verdicts[result.Violation] < 500) {
		t.Errorf("verdicts %v: the test lacks one kind of histories", verdicts)
	}
}

// A history without end takes no more memory than one of a few windows.
func TestWindowsAreBounded(t *testing.T) {
	var all Windows
	most := 0
	for i := range 2000 {
		at := int64(100 * i)
		window := history(w(3*i+1, at, at+5), r(3*i+1, at+6, at+9), w(3*i+2, at+7, at+12), w(3*i+3, at+8, at+20), r(3*i+2, at+21, at+30))
		if i%3 > 0 {
			window[4] = r(3*i+3, at+21, at+30)
		}
		if r := all.Check(window); r.Code != result.Linearizable || r.Operations != int64(len(window)) {
			t.Fatalf("window %d: %+v", i, r)
		}
		most = max(most, all.Kept())
	}
	if most > 6 {
		t.Errorf("%d operations of one key are kept", most)
	}
}

// Values that a later window finds are those that the register may hold, and what was given up may come at any time.
func TestWindowsCarry(t *testing.T) {
	first := []Entry{w(1, 0, 5), w(2, 3, 8), crashed(w(3, 9, 0)), w(4, 20, 30)}
	for _, c := range []struct {
		name   string
		first  []Entry
		second []Entry
		want   result.VerdictCode
	}{
		{"the last value", first, []Entry{r(4, 40, 41)}, result.Linearizable},
		{"an earlier one", first, []Entry{r(2, 40, 41)}, result.Violation},
		{"what was given up", first, []Entry{r(4, 40, 41), r(3, 42, 43)}, result.Linearizable},
		{"what was given up, undone", first, []Entry{r(3, 40, 41), r(4, 42, 43)}, result.Violation},
		{"one of two that overlap", first[:2], []Entry{r(1, 40, 41), r(1, 42, 43)}, result.Linearizable},
		{"first one of two that overlap and then the other", first[:2], []Entry{r(1, 40, 41), r(2, 42, 43)}, result.Violation},
		{"nothing", first, []Entry{r(0, 40, 41)}, result.Violation},
		{"nothing, and nothing was written", []Entry{r(0, 1, 2)}, []Entry{r(0, 40, 41)}, result.Linearizable},
	} {
		var all Windows
		if r := all.Check(history(slices.Clone(c.first)...)); r.Code != result.Linearizable {
			t.Fatalf("%s: the first window: %s", c.name, r.Detail)
		}
		if r := all.Check(history(slices.Clone(c.second)...)); r.Code != c.want {
			t.Errorf("%s: %s (%s), want %s", c.name, r.Code, r.Detail, c.want)
		}
	}
}
