package plots

import (
	"slices"
)

// attacksLegend explains the marks, of outcomes only those that there are.
func attacksLegend(trials []trial) legend {
	l := legend{
		{name: "READ mean", sample: meanSample(false)},
		{name: "WRITE mean", sample: meanSample(true)},
		{name: "p50 to p99", sample: whiskerSample},
		{name: "fault-free means", sample: levelsSample},
	}
	begins := true
	for _, e := range []struct {
		outcome outcome
		name    string
		sample  sample
	}{
		{caught, "harm, as expected, caught by the checkers", caughtSample},
		{noTarget, nothingToAttack, nothingSample},
		{unexpected, "not as expected", doubtSample},
	} {
		if slices.ContainsFunc(trials, func(t trial) bool { return t.outcome() == e.outcome }) {
			l = append(l, entry{e.name, e.sample, begins})
			begins = false
		}
	}
	return l
}
