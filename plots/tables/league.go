package tables

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/stat"
)

// League tabulates how many schedules each hunter takes to find each mutant: the median of its hunts.
func League(all []result.Hunts) Table {
	t := Table{
		Title: "Schedules until a mistake shows", Header: []string{"mistake", "shown by"},
		Notes: []string{
			"Medians of all hunts, with how many found it if not all did; not found: none did. A dash: the hunter cannot look for it, or " +
				"no attack has shown it, so that none did.",
		},
	}
	var mutants []string
	for _, h := range all {
		if !slices.Contains(t.Header, h.Hunter) {
			t.Header = append(t.Header, h.Hunter)
		}
		if !slices.Contains(mutants, h.Mutant) {
			mutants = append(mutants, h.Mutant)
		}
	}
	for _, mutant := range mutants {
		row := make([]string, len(t.Header))
		for i := range row {
			row[i] = stat.Missing
		}
		for _, h := range all {
			if h.Mutant == mutant {
				row[0], row[1] = mutant, cmp.Or(h.Attack, "nothing")
				if h.Attack != "" {
					row[slices.Index(t.Header, h.Hunter)] = medianHunt(h)
				}
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// medianHunt is the median of the schedules that hunts took. Those that found nothing took more than any.
func medianHunt(h result.Hunts) string {
	taken := slices.Clone(h.Schedules)
	found := 0
	for i, n := range taken {
		if n == 0 {
			taken[i] = h.Most + 1
			continue
		}
		found++
	}
	if found == 0 {
		return "not found"
	}
	slices.Sort(taken)
	median := taken[(len(taken)-1)/2]
	text := fmt.Sprint(median)
	if median > h.Most {
		text = fmt.Sprintf("> %d", h.Most)
	}
	if found < len(taken) {
		text += fmt.Sprintf(" (%d/%d)", found, len(taken))
	}
	return text
}
