package tables

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/stat"
)

// screenRows is how many rows a terminal shows without scrolling.
const screenRows = 32

// Screen is what fits a terminal of 80 columns: of one set its measurements, its trials or its costs, of several a line for each.
// What does not fit is left out, and a note says so. The tables of Summary have everything.
func Screen(sets []*result.Set) (Tables, error) {
	if len(sets) != 1 {
		return Tables{tabulate("Results", setColumns, sets)}, nil
	}
	s := sets[0]
	cells, err := frame.Cells(sets)
	if err != nil {
		return nil, err
	}
	switch {
	case len(cells) > 0:
		all := Tables{screenOf(s, cells)}
		if r := frame.Ratios(frame.Keep(cells, saturated)); len(r) > 0 && len(r) <= screenRows/2 {
			all = append(all, tabulate("Peaks compared", screenRatios, r))
		}
		return all, nil
	case len(s.Trials) > 0:
		return Tables{screenTrials(s)}, nil
	}
	return costTables(sets)
}

// setColumns say what a set is and how much of it counts.
var setColumns = []column[*result.Set]{
	{head: "experiment", of: func(s *result.Set) string { return s.Manifest.Experiment }},
	{head: "figure", of: func(s *result.Set) string { return stat.OrDash(s.Manifest.Figure) }},
	{head: "lines", of: func(s *result.Set) string { return strconv.Itoa(len(s.Points) + len(s.Trials) + len(s.Costs)) }},
	{head: "left out", of: func(s *result.Set) string {
		return strconv.Itoa(len(frame.Keep(s.Points, func(p result.Point) bool { return !p.Valid })))
	}},
	{head: "begun", of: func(s *result.Set) string { return s.Manifest.Started }},
}

// screenOf is the measurements of a set: all if they fit, else only the peaks.
func screenOf(s *result.Set, cells []frame.Cell) Table {
	shown, notes := cells, []string{}
	if len(shown) > screenRows {
		shown = frame.Peaks(cells)
		notes = append(notes, fmt.Sprintf("Of each series the number of clients with the highest throughput, %d of %d measurements.",
			len(shown), len(cells)))
	}
	if more := len(shown) - screenRows; more > 0 {
		shown = shown[:screenRows]
		notes = append(notes, fmt.Sprintf("%d more measurements do not fit here.", more))
	}
	title := cmp.Or(s.Manifest.Title, s.Manifest.Experiment)
	return tabulate(title, screenColumns, shown, append(notes, leftOut(cells)...)...)
}

// screenColumns are narrow.
var screenColumns = []column[frame.Cell]{
	{head: "system", of: func(c frame.Cell) string { return shortened(c.System.Name(), 24) }},
	{head: "op", of: func(c frame.Cell) string { return stat.OpName(c.Op) }},
	{head: "t", of: func(c frame.Cell) string { return strconv.Itoa(c.T) }},
	{head: "value", of: func(c frame.Cell) string { return result.Size(c.ValueBytes).String() }},
	{head: "cl.", of: func(c frame.Cell) string { return strconv.Itoa(c.Clients) }},
	{head: "MB/s", of: func(c frame.Cell) string { return c.Throughput().String() }},
	{head: "ms", of: func(c frame.Cell) string { return stat.OrMissing(c.Latency().Mean) }},
	{"bound", func(c frame.Cell) string {
		return stat.Roughly(c.Mean(func(p result.Point) float64 { return p.BoundRatio }))
	}, func(c frame.Cell) bool { return c.Bound() > 0 }},
	{head: "valid", of: func(c frame.Cell) string { return fmt.Sprintf("%d/%d", len(c.Valid), len(c.All())) }},
}

var screenRatios = []column[frame.Ratio]{
	{head: "of", of: func(r frame.Ratio) string { return r.Over.System.Title + " / " + r.Under.System.Title }},
	{head: "op", of: func(r frame.Ratio) string { return stat.OpName(r.Over.Op) }},
	{head: "t", of: func(r frame.Ratio) string { return strconv.Itoa(r.Over.T) }},
	{head: "value", of: func(r frame.Ratio) string { return result.Size(r.Over.ValueBytes).String() }},
	{head: "measured", of: func(r frame.Ratio) string { return r.Format(2) }},
	{head: "links predict", of: func(r frame.Ratio) string { return stat.OrMissing(r.Model) }},
}

// leftOut counts the repetitions that do not count, by the codes of why.
func leftOut(cells []frame.Cell) []string {
	counts := map[result.Reason]int{}
	n := 0
	for _, c := range cells {
		n += len(c.Invalid)
		for _, p := range c.Invalid {
			for _, r := range p.Invalid {
				counts[r]++
			}
		}
	}
	if n == 0 {
		return nil
	}
	var why []string
	for _, r := range slices.Sorted(maps.Keys(counts)) {
		why = append(why, fmt.Sprintf("%s %d", r, counts[r]))
	}
	return []string{fmt.Sprintf("Left out: %s (%s).", stat.Count(n, "run"), stat.OrDash(strings.Join(why, ", ")))}
}

// screenTrials counts what came of the trials of each protocol.
func screenTrials(s *result.Set) Table {
	type outcomes struct {
		protocol string
		counts   map[result.Outcome]int
	}
	var all []outcomes
	for _, t := range s.Trials {
		i := slices.IndexFunc(all, func(o outcomes) bool { return o.protocol == t.Protocol })
		if i < 0 {
			i = len(all)
			all = append(all, outcomes{t.Protocol, map[result.Outcome]int{}})
		}
		all[i].counts[t.Outcome()]++
	}
	columns := []column[outcomes]{{head: "protocol", of: func(o outcomes) string { return o.protocol }}}
	for _, outcome := range outcomeOrder {
		columns = append(columns, column[outcomes]{
			head: outcome.name, of: func(o outcomes) string { return stat.OrWhole(float64(o.counts[outcome.of])) },
			needed: func(o outcomes) bool { return o.counts[outcome.of] > 0 },
		})
	}
	return tabulate(cmp.Or(s.Manifest.Title, s.Manifest.Experiment), columns, all)
}

// outcomeOrder is what may come of a trial, the usual first.
var outcomeOrder = []struct {
	of   result.Outcome
	name string
}{
	{result.Withstood, "withstood"}, {result.Caught, "harm, as expected"}, {result.Unexpected, "NOT AS EXPECTED"},
	{result.Targetless, "nothing to attack"}, {result.NotPlayed, "not played"},
}

// shortened is the text in at most so many characters.
func shortened(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}
