package tables

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/stat"
)

// screenRows is how many rows a terminal shows without scrolling.
const screenRows = 32

// screenWidth is that of a terminal, in columns.
const screenWidth = 80

// Screen is what fits a terminal of 80 columns: of one set its measurements, its trials or its costs, of several a line for each.
// What does not fit is left out, and a note says so. The tables of Summary have everything.
func Screen(sets []*result.Set) (Tables, error) {
	all, err := screen(sets)
	for i, t := range all {
		all[i].Title = shortened(t.Title, screenWidth)
		all[i].Notes = nil
		for _, n := range t.Notes {
			all[i].Notes = append(all[i].Notes, folded(n))
		}
	}
	return all, err
}

func screen(sets []*result.Set) (Tables, error) {
	if len(sets) != 1 {
		return Tables{screenSets(sets)}, nil
	}
	s := sets[0]
	cells, err := frame.Cells(sets)
	if err != nil {
		return nil, err
	}
	switch {
	case len(cells) > 0:
		all := Tables{screenOf(s, cells)}
		if r := frame.Ratios(frame.Keep(cells, saturated)); len(r) > 0 && len(all[0].Rows)+len(r) <= screenRows {
			all = append(all, tabulate("Peaks compared", screenRatios, r))
		}
		return all, nil
	case len(s.Trials) > 0:
		return Tables{screenTrials(s)}, nil
	case len(s.Costs) > 0:
		return screenCosts(sets)
	}
	return nil, nil
}

// screenSets is a line for each set.
func screenSets(sets []*result.Set) Table {
	shown, notes := sets, []string(nil)
	if more := len(shown) - screenRows; more > 0 {
		shown, notes = shown[:screenRows], []string{fmt.Sprintf("%d more sets do not fit here.", more)}
	}
	return tabulate("Results", setColumns, shown, notes...)
}

// setColumns say what a set is and how much of it counts.
var setColumns = []column[*result.Set]{
	{head: "experiment", of: func(s *result.Set) string { return shortened(s.Manifest.Experiment, 28) }},
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
	varying, same := screenSetUp(cells)
	columns := slices.Concat([]column[frame.Cell]{
		{head: "protocol", of: func(c frame.Cell) string { return shortened(c.FullName(), 24) }},
		{head: "op", of: func(c frame.Cell) string { return stat.OpName(c.Op) }},
	}, varying, screenColumns)
	title := cmp.Or(s.Manifest.Title, s.Manifest.Experiment)
	return tabulate(title, columns, shown, slices.Concat([]string{same}, notes, leftOut(cells))...)
}

// screenSetUp has a narrow column for each part of the set-up that varies, and a note for those that do not.
func screenSetUp(cells []frame.Cell) (varying []column[frame.Cell], same string) {
	var all []string
	for _, part := range setUpParts {
		if len(frame.Distinct(cells, part.of)) > 1 {
			varying = append(varying, part)
		} else if text := part.of(cells[0]); part.needed(cells[0]) {
			all = append(all, part.head+" "+text)
		}
	}
	return varying, "All with " + strings.Join(all, ", ") + "."
}

// setUpParts are what measurements of one set may differ in beside the protocol, the operation and the load. One that they share is
// worth a word where it is needed.
var setUpParts = []column[frame.Cell]{
	{"t", func(c frame.Cell) string { return strconv.Itoa(c.T) }, always},
	{"value", func(c frame.Cell) string { return shortened(c.Series.Size(), 12) }, always},
	{"suite", func(c frame.Cell) string { return c.Suite }, always},
	{"durability", func(c frame.Cell) string { return c.Durability }, always},
	{"auth", frame.AuthOf, func(c frame.Cell) bool { return c.Auth != "" }},
	{"attack", frame.AttackOf, func(c frame.Cell) bool { return c.Attack != "" }},
	{"slow server", frame.SlowServerOf, func(c frame.Cell) bool { return c.SlowServer != 0 }},
}

func always(frame.Cell) bool { return true }

// screenColumns are narrow.
var screenColumns = []column[frame.Cell]{
	{head: "cl.", of: func(c frame.Cell) string { return strconv.Itoa(c.Clients) }},
	{head: "MB/s", of: func(c frame.Cell) string { return c.Throughput().String() }},
	{head: "ms", of: func(c frame.Cell) string { return stat.OrMissing(c.Latency().Mean) }},
	{"bound", func(c frame.Cell) string {
		if len(c.Valid) == 0 {
			return stat.Missing
		}
		return stat.Roughly(c.Mean(func(p result.Point) float64 { return p.BoundRatio }))
	}, func(c frame.Cell) bool { return c.Bound() > 0 }},
	{head: "valid", of: func(c frame.Cell) string { return fmt.Sprintf("%d/%d", len(c.Valid), len(c.All())) }},
}

var screenRatios = []column[frame.Ratio]{
	{head: "of", of: func(r frame.Ratio) string {
		return shortened(r.Over.System.Title+" / "+r.Under.System.Title+r.Under.System.SetUp, 32)
	}},
	{head: "op", of: func(r frame.Ratio) string { return stat.OpName(r.Over.Op) }},
	{head: "t", of: func(r frame.Ratio) string { return strconv.Itoa(r.Over.T) }},
	{head: "value", of: func(r frame.Ratio) string { return shortened(r.Over.Series.Size(), 10) }},
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
	columns := []column[outcomes]{{head: "protocol", of: func(o outcomes) string { return shortened(o.protocol, 14) }}}
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
	{result.Withstood, "withstood"},
	{result.Caught, "harm, as expected"},
	{result.Unexpected, "NOT AS EXPECTED"},
	{result.Targetless, "nothing to attack"},
	{result.NotPlayed, "not played"},
}

// screenCosts is what each scheme costs at the least and the greatest t.
func screenCosts(sets []*result.Set) (Tables, error) {
	cells, err := frame.Costs(sets)
	if err != nil {
		return nil, err
	}
	ends := cells.Thresholds()
	if len(ends) > 2 {
		ends = []int{ends[0], ends[len(ends)-1]}
	}
	columns := []column[string]{{head: "scheme", of: func(id string) string { return shortened(id, 20) }}}
	for _, s := range frame.Sides {
		for _, t := range ends {
			columns = append(columns, column[string]{
				head: fmt.Sprintf("%s, t=%d", s.Name, t),
				of:   func(id string) string { return microseconds(cells.At(id, t), s) },
			})
		}
	}
	return Tables{tabulate(cmp.Or(sets[0].Manifest.Title, sets[0].Manifest.Experiment), columns, cells.Schemes(),
		"CPU time of one operation in µs, mean ± half of the 95 % confidence interval.")}, nil
}

// folded is the text in lines of a terminal; of a word that is longer than one, the end is left out.
func folded(text string) string {
	var lines []string
	for _, word := range strings.Fields(text) {
		word = shortened(word, screenWidth)
		if n := len(lines) - 1; n >= 0 && utf8.RuneCountInString(lines[n]+" "+word) <= screenWidth {
			lines[n] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	return strings.Join(lines, "\n")
}

// shortened is the text in at most so many characters.
func shortened(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}
