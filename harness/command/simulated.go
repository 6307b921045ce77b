package command

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/powbench/powbench/protocols/byzantine"
)

// A simulated row is what the schedules of one protocol and attack came to.
type simulated struct {
	Protocol   string                    `json:"protocol"`
	Attack     string                    `json:"attack"`
	T          int                       `json:"t"`
	Suite      string                    `json:"suite"`
	Durability string                    `json:"durability"`
	FirstSeed  uint64                    `json:"first_seed"`
	Schedules  int64                     `json:"schedules"`
	Operations int64                     `json:"operations"`
	Messages   int64                     `json:"messages"`
	Reads      map[int]int64             `json:"reads"` // by their rounds
	Harms      map[byzantine.Harm]int64  `json:"harms"` // schedules, by the gravest harm found
	Seeds      map[byzantine.Harm]uint64 `json:"seeds"` // the first of each harm
	Expected   string                    `json:"expected"`
	Held       bool                      `json:"held"` // whether the outcome is the expected one
	Seconds    float64                   `json:"seconds"`
}

// verdict says what was found and whether it was expected.
func (r simulated) verdict() string {
	var found []string
	for _, h := range sortedHarms(r.Harms) {
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

func sortedHarms(harms map[byzantine.Harm]int64) []byzantine.Harm {
	var all []byzantine.Harm
	for h := range harms {
		all = append(all, h)
	}
	slices.Sort(all)
	return all
}

func (o *simulateOptions) write(rows []simulated) error {
	if o.out == "" {
		return nil
	}
	data, err := json.MarshalIndent(rows, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(o.out), 0o755); err != nil {
		return err
	}
	return os.WriteFile(o.out, append(data, '\n'), 0o644)
}

// summary is the number of schedules and how fast they were.
func summary(rows []simulated) string {
	var schedules, messages int64
	var seconds float64
	for _, r := range rows {
		schedules, messages, seconds = schedules+r.Schedules, messages+r.Messages, seconds+r.Seconds
	}
	return fmt.Sprintf("%d schedules with %d messages in %.0f s: %.0f schedules a minute.", schedules, messages, seconds,
		float64(schedules)/seconds*60)
}
