package command

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/sim"
)

// explain shrinks the first schedule that was not expected and prints what happened in it.
func (o *simulateOptions) explain(out io.Writer, s sim.Scenario, row result.Simulated) error {
	expected := s.Attack.Expected(s.Protocol)
	for _, h := range slices.Sorted(maps.Keys(row.Harms)) {
		if expected.Allows(byzantine.Harm(h)) {
			continue
		}
		seed := row.Seeds[h]
		fmt.Fprintf(out, "\nThis repeats it:\n  powbench simulate --protocol %s --attack %s --t %d --suite %s --durability %s --seed %d "+
			"--schedules 1 --trace\n", row.Protocol, row.Attack, row.T, row.Suite, row.Durability, seed)
		choices, err := sim.Shrink(s, seed)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "\nThe same with all but %d choices muted:\n", len(choices))
		return errors.Join(printTrace(out, s, seed, choices), o.picture(s, seed, choices))
	}
	fmt.Fprintf(out, "\nNo schedule showed %q: the checkers should have caught it; try more --schedules.\n", expected.Harm)
	return nil
}

func printTrace(out io.Writer, s sim.Scenario, seed uint64, only []sim.Choice) error {
	o, err := sim.Trace(s, seed, only)
	if err != nil {
		return err
	}
	for _, c := range only {
		fmt.Fprintln(out, "  loud:", c)
	}
	for _, line := range o.Trace {
		fmt.Fprintln(out, line)
	}
	for _, f := range o.Findings {
		fmt.Fprintf(out, "%s: %s\n", f.Harm, f.Detail)
	}
	fmt.Fprint(out, history.Timeline(o.Involved))
	return nil
}

// picture draws the history into the file asked for.
func (o *simulateOptions) picture(s sim.Scenario, seed uint64, only []sim.Choice) error {
	if o.html == "" {
		return nil
	}
	outcome, err := sim.Trace(s, seed, only)
	if err != nil {
		return err
	}
	return history.Visualise(o.html, outcome.History)
}
