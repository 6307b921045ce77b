package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/stat"
)

// A capacity shows one search for the highest rate that keeps an objective: in words, and drawn.
type capacity struct {
	Series    string
	Objective string
	Rate      string
	Tries     string
	Drawing   searchDrawing
}

func capacitiesOf(set *result.Set) (all []capacity) {
	for _, c := range set.Manifest.Capacities {
		var tries []string
		for _, t := range c.Tries {
			tries = append(tries, triedRate(t))
		}
		rate := "none"
		if c.Rate > 0 {
			rate = perSecond(c.Rate)
		}
		all = append(all, capacity{
			Series: fmt.Sprintf("%s %s, t = %d, %s%s, %s", c.FullName(), c.Op, c.T, frame.SizeName(c.Series), c.Unusual(),
				stat.Count(c.Clients, "client")),
			Objective: c.Objective.String(), Rate: rate, Tries: strings.Join(tries, "; "), Drawing: drawCapacity(c),
		})
	}
	return all
}

// triedRate says what came of a try, such as "120/s: kept, 3 of 1200 slower".
func triedRate(t result.RateTry) string {
	return fmt.Sprintf("%s: %s, %d of %d slower", perSecond(t.Rate), t.Answer, t.Slower, t.Operations)
}

// mostSlower is how many times the share of slower operations that is allowed the drawing shows; what has more is at its top.
const mostSlower = 4

// drawCapacity draws shares of slower operations against rates, on a logarithmic axis: every try, a line through them, the rate
// that was found marked, and the share that is allowed.
func drawCapacity(c result.Capacity) (d searchDrawing) {
	tries := slices.SortedStableFunc(slices.Values(c.Tries), func(a, b result.RateTry) int { return cmp.Compare(a.Rate, b.Rate) })
	if len(tries) == 0 || tries[0].Rate <= 0 || !c.Objective.Asked() {
		return d
	}
	allowed, first, last := 1-c.Objective.Limit().Share, tries[0].Rate, tries[len(tries)-1].Rate
	at := func(rate, share float64) spot {
		x := (searchLeft + searchRight) / 2.
		if last > first {
			x = searchLeft + inset + math.Log(rate/first)/math.Log(last/first)*(searchRight-searchLeft-2*inset)
		}
		y := searchBottom - min(share/allowed/mostSlower, 1)*(searchBottom-searchTop-4)
		return spot{tenth(x), tenth(y)}
	}
	for i, t := range tries {
		share := 1. // of a rate at which operations wait ever longer
		if t.Answer != result.Overrun {
			share = float64(t.Slower) / math.Max(1, float64(t.Operations))
		}
		dot := at(t.Rate, share)
		d.Tries = append(d.Tries, try{dot, triedRate(t)})
		d.Line += fmt.Sprintf("%s%.1f %.1f", map[bool]string{true: "M", false: "L"}[i == 0], dot.X, dot.Y)
		d.Labels = append(d.Labels, label{dot.X, number(t.Rate)})
		if t.Rate == c.Rate {
			d.Chosen = dot
		}
	}
	d.Labels = thinned(d.Labels)
	d.Bound = at(first, allowed).Y
	d.Top, d.Ceiling = number(100*mostSlower*allowed)+" %", at(first, mostSlower*allowed).Y
	return d
}
