package sim

import (
	"maps"
	"slices"
)

// maxTrials bounds what shrinking tries.
const maxTrials = 20_000

// Shrink returns choices that suffice for the gravest harm that the schedule of the seed comes to: mute all others and
// it is still found. It is nil if there is no harm. No single choice of it can be muted too, unless shrinking took too
// long.
func Shrink(s Scenario, seed uint64) ([]Choice, error) {
	made := map[Choice]bool{}
	o, err := simulate(s, schedule{seed: seed, made: func(c Choice) { made[c] = true }}, false)
	if err != nil || len(o.Findings) == 0 {
		return nil, err
	}
	harm, trials := o.Harm(), 0
	fails := func(only []Choice) bool {
		if trials++; trials > maxTrials {
			return false
		}
		o, err := simulate(s, schedule{seed: seed, only: set(only)}, false)
		return err == nil && o.Harm() == harm
	}
	loud := slices.Sorted(maps.Keys(made))
	for _, w := range slices.Backward(slices.Compact(kinds(loud))) { // all of a kind at once, where possible
		if rest := without(loud, func(c Choice) bool { return c.what() == w }); fails(rest) {
			loud = rest
		}
	}
	return minimise(loud, fails), nil
}

// kinds are what the choices are about, sorted.
func kinds(choices []Choice) []what {
	var all []what
	for _, c := range choices {
		all = append(all, c.what())
	}
	slices.Sort(all)
	return all
}

// minimise is delta debugging (Zeller and Hildebrandt, TSE'02): it leaves ever smaller parts out, as long as what is
// left fails.
func minimise(loud []Choice, fails func([]Choice) bool) []Choice {
	for size := (len(loud) + 1) / 2; size > 0; {
		shrunk := false
		for from := 0; from < len(loud); {
			rest := slices.Concat(loud[:from], loud[min(from+size, len(loud)):])
			if fails(rest) {
				loud, shrunk = rest, true
			} else {
				from += size
			}
		}
		if !shrunk || size > 1 {
			size /= 2
		}
	}
	return loud
}

func without(choices []Choice, drop func(Choice) bool) []Choice {
	return slices.DeleteFunc(slices.Clone(choices), drop)
}

// set is the choices as a set; nil stays nil.
func set(choices []Choice) map[Choice]bool {
	if choices == nil {
		return nil
	}
	all := make(map[Choice]bool, len(choices))
	for _, c := range choices {
		all[c] = true
	}
	return all
}
