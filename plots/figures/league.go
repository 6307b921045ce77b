package figures

import (
	"fmt"
	"math"
	"slices"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/draw"
	"github.com/powbench/powbench/plots/look"
	"github.com/powbench/powbench/plots/stat"
)

// kinds are the panels of the league, with what a mistake takes to show.
var kinds = []struct{ name, title string }{
	{"order", "Order and deaths"}, {"liars", "Lying servers"}, {"clients", "Lying clients"},
}

// League is the page that says how long mutants live under each way to look for mistakes: a survival curve for each hunter.
func League(all []result.Hunts) *draw.Page {
	p := &draw.Page{
		Name: "league", Heading: "How many schedules a mistake survives", RowHeight: draw.PanelHeight, Rows: make([][]*draw.Panel, 1),
	}
	hidden := len(huntsOf(all, func(h result.Hunts) bool { return h.Attack == "" }))
	all = huntsOf(all, func(h result.Hunts) bool { return h.Attack != "" })
	hunters := huntersOf(all)
	for _, kind := range kinds {
		own := huntsOf(all, func(h result.Hunts) bool { return h.Kind == kind.name })
		if len(own) == 0 {
			continue
		}
		mutants := map[string]bool{}
		for _, h := range own {
			mutants[h.Mutant] = true
		}
		p.Titles = append(p.Titles, fmt.Sprintf("%s (%d)", kind.title, len(mutants)))
		p.Rows[0] = append(p.Rows[0], survival(own, hunters, len(p.Rows[0]) == 0))
	}
	draw.Align(p.Rows[0])
	for i, name := range hunters {
		p.Legend = append(p.Legend, draw.Entry{Name: name, Sample: draw.CurveSample(look.Of(name, i+1))})
	}
	p.Lines = []string{leagueNote(all, hidden)}
	return p
}

// leagueNote says what was played, and how many mutants showed under no attack.
func leagueNote(all []result.Hunts, hidden int) string {
	most, hunts := uint64(0), 0
	for _, h := range all {
		most, hunts = max(most, h.Most), max(hunts, len(h.Schedules))
	}
	note := fmt.Sprintf("Share of hunts in which a mistake made on purpose has not shown yet, by what it takes to show. %d hunts of each mistake, with other seeds, given "+
		"up after %d schedules; one, depth first, whose executions of all small scopes are counted. Whiskers: 95 %% intervals over hunts. "+
		"A curve is of the mistakes that its hunter can look for.", hunts, most)
	if hidden > 0 {
		note += fmt.Sprintf(" Not here: %d mistakes made by rule that no attack showed.", hidden)
	}
	return note
}

func huntersOf(all []result.Hunts) (names []string) {
	for _, h := range all {
		if !slices.Contains(names, h.Hunter) {
			names = append(names, h.Hunter)
		}
	}
	return names
}

func huntsOf(all []result.Hunts, keep func(result.Hunts) bool) (own []result.Hunts) {
	for _, h := range all {
		if keep(h) {
			own = append(own, h)
		}
	}
	return own
}

// survival is a panel with the share of mutants alive against schedules, a curve for each hunter.
func survival(all []result.Hunts, hunters []string, first bool) *draw.Panel {
	p := draw.NewPlot()
	if p.X.Label.Text = "Schedules"; first {
		p.Y.Label.Text = "Mistakes alive (%)"
	}
	p.Y.Min, p.Y.Max = 0, 100
	var steps []float64
	for _, h := range all {
		for n := 1.0; n <= float64(h.Most); n *= 2 {
			steps = append(steps, n)
		}
		steps = append(steps, float64(h.Most))
	}
	slices.Sort(steps)
	steps = slices.Compact(steps)
	for i, name := range hunters {
		own := huntsOf(all, func(h result.Hunts) bool { return h.Hunter == name })
		if len(own) == 0 {
			continue
		}
		c := draw.Curve{Look: look.Of(name, i+1)}
		for _, n := range steps {
			c.Dots = append(c.Dots, draw.Dot{X: stat.Exactly(math.Log10(n)), Y: alive(own, uint64(n))})
		}
		p.Add(c)
	}
	p.LogX(steps, 1, 0)
	return p
}

// alive is the share of mutants that are alive after so many schedules, in percent, over the hunts.
func alive(own []result.Hunts, schedules uint64) stat.Estimate {
	runs := len(own[0].Schedules)
	for _, h := range own {
		runs = min(runs, len(h.Schedules))
	}
	shares := make([]float64, runs)
	for i := range shares {
		for _, h := range own {
			if h.Alive(i, schedules) {
				shares[i] += 100 / float64(len(own))
			}
		}
	}
	return stat.NewEstimate(shares)
}
