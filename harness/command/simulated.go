package command

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols/byzantine"
)

// verdict says what was found and whether it was expected.
func verdict(r result.Simulated) string {
	var found []string
	for _, h := range slices.Sorted(maps.Keys(r.Harms)) {
		found = append(found, fmt.Sprintf("%s in %d, first with seed %d", h, r.Harms[h], r.Seeds[h]))
	}
	text := "no harm"
	if len(found) > 0 {
		text = strings.Join(found, "; ")
	}
	if !r.Held {
		return text + ": EXPECTED " + r.Expected
	}
	return text + " (expected: " + r.Expected + ")"
}

// byName is a map of harms as results hold it.
func byName[N int64 | uint64](harms map[byzantine.Harm]N) map[string]N {
	named := map[string]N{}
	for h, n := range harms {
		named[string(h)] = n
	}
	return named
}

// summary is the number of schedules and how fast they were.
func summary(rows []result.Simulated) string {
	var schedules, messages int64
	var seconds float64
	for _, r := range rows {
		schedules, messages, seconds = schedules+r.Schedules, messages+r.Messages, seconds+r.Seconds
	}
	return fmt.Sprintf("%d schedules with %d messages in %.0f s: %.0f schedules a minute.", schedules, messages, seconds,
		float64(schedules)/seconds*60)
}
