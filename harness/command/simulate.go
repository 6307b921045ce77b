package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/study"
	"github.com/powbench/powbench/plots/command"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/catalog"
	"github.com/powbench/powbench/protocols/mpowerstore/variants"
	"github.com/powbench/powbench/sim"
)

// simulateOptions are the flags of simulate.
type simulateOptions struct {
	protocols, attacks []string
	t                  int
	suite, durability  string
	strategy           string
	schedules, seed    uint64
	cause              uint64
	out, html          string
	trace              bool
}

func newSimulate() *cobra.Command {
	o := &simulateOptions{}
	c := &cobra.Command{
		Use:   "simulate",
		Short: "Play protocols and attacks on random schedules, in virtual time",
		Long: "simulate drives the protocols' operations and servers through seeded schedules with late, reordered and\n" +
			"duplicated messages, crashes, partitions and the attacks of the catalogue, and checks every history. It fails\n" +
			"if an outcome is not the expected one: then it shrinks the schedule and prints what happened in it.\n\nAttacks:\n" +
			attackList(),
		Example: "  powbench simulate --schedules 200\n  powbench simulate --protocol mabd --attack B2 --seed 1 --schedules 1 --trace\n" +
			"  powbench simulate --protocol mabd --attack B2 --cause 18 --html cause.html",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), cmd.OutOrStdout()) },
	}
	f := c.Flags()
	f.StringSliceVar(&o.protocols, "protocol", catalog.Names(), "protocols; mpowerstore+literal is the paper's pseudo-code as printed")
	f.StringSliceVar(&o.attacks, "attack", nil, "attacks by ID or name, none for no attack (default: all, and none)")
	f.IntVar(&o.t, "t", 1, "number of faults to tolerate")
	f.StringVar(&o.suite, "suite", "modern", "crypto suite: paper, modern or blake3")
	f.StringVar(&o.durability, "durability", "fsync", "of the servers: fsync, write or memory")
	f.StringVar(&o.strategy, "strategy", "uniform", "how schedules are chosen: "+strategyList())
	f.Uint64Var(&o.schedules, "schedules", 1000, "schedules of each protocol and attack")
	f.Uint64Var(&o.seed, "seed", 1, "seed of the first schedule; the others follow")
	f.StringVar(&o.out, "out", "", "file for the table, as JSON")
	f.StringVar(&o.html, "html", "", "file for a picture of the history of a failure, or with --cause of its messages")
	f.Uint64Var(&o.cause, "cause", 0, "seed of a schedule: tell where in it the harm became inevitable")
	command.Complete(c, "strategy", strategyNames()...)
	f.BoolVar(&o.trace, "trace", false, "print what happens in the first schedule of each")
	return c
}

func strategyNames() (names []string) {
	for _, s := range sim.Strategies() {
		names = append(names, s.Name)
	}
	return names
}

// strategyList says what each strategy does, for a flag's help.
func strategyList() string {
	var all []string
	for _, s := range sim.Strategies() {
		all = append(all, s.Name+" ("+s.Title+")")
	}
	return strings.Join(all, "; ")
}

func attackList() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, a := range catalog.Attacks() {
		fmt.Fprintf(w, "  %s\t%s\t%s\n", a.ID, a.Name, a.Title)
	}
	_ = w.Flush() // a strings.Builder does not fail
	return b.String()
}

// garbage is GOGC of a simulation, which keeps little memory and allocates much.
const garbage = 800

func (o *simulateOptions) run(ctx context.Context, out io.Writer) error {
	debug.SetGCPercent(garbage)
	scenarios, err := o.scenarios()
	if err != nil {
		return command.Usage(err)
	}
	if o.cause > 0 {
		return o.findCause(ctx, out, scenarios)
	}
	var rows []result.Simulated
	failed := 0
	for _, s := range scenarios {
		row, err := o.explore(ctx, s)
		if err != nil {
			return err
		}
		rows = append(rows, row)
		fmt.Fprintf(out, "%-20s %-5s %8d schedules, %d operations: %s\n", row.Protocol, row.Attack, row.Schedules, row.Operations,
			verdict(row))
		if o.trace {
			if _, err := printTrace(out, s, o.seed, nil); err != nil {
				return err
			}
		}
		if !row.Held {
			failed++
			if err := o.explain(out, s, row); err != nil {
				return err
			}
		}
	}
	if o.out != "" {
		if err := result.WriteSimulated(o.out, rows); err != nil {
			return err
		}
	}
	fmt.Fprintln(out, summary(rows))
	missed, err := o.conditions(out, rows)
	if err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%w: %d of %d outcomes are not the expected ones", study.ErrCheckFailed, failed, len(rows))
	}
	if missed > 0 {
		return fmt.Errorf("%w: %d conditions were reached under no attack", study.ErrCheckFailed, missed)
	}
	return nil
}

// scenarios are all combinations that make sense.
func (o *simulateOptions) scenarios() (all []sim.Scenario, err error) {
	attacks := append([]byzantine.Attack{{ID: result.FaultFree}}, catalog.Attacks()...)
	if o.attacks != nil {
		attacks, err = named(o.attacks, func(id string) (byzantine.Attack, error) { return byzantine.ByID(attacks, id) })
	}
	chosen, wrong := named(o.protocols, keepingOrLiteral)
	strategy, unknown := sim.StrategyByName(o.strategy)
	if err = cmp.Or(err, wrong, unknown); err != nil {
		return nil, err
	}
	for _, p := range chosen {
		for _, a := range attacks {
			if !a.Expected(p).None {
				all = append(all, sim.Scenario{
					Protocol: p, T: o.t, Suite: o.suite, Durability: protocols.Durability(o.durability), Attack: a,
					Strategy: strategy,
				})
			}
		}
	}
	if len(all) == 0 {
		return nil, errors.New("none of the attacks has a target in any of the protocols: choose others")
	}
	return all, all[0].Check()
}

// keepingOrLiteral finds a protocol that keeps values, or the paper's pseudo-code as printed.
func keepingOrLiteral(name string) (protocols.Protocol, error) {
	if literal := variants.Literal(); name == protocols.NameOf(literal) {
		return literal, nil
	}
	return catalog.Keeping(name)
}

func (o *simulateOptions) explore(ctx context.Context, s sim.Scenario) (result.Simulated, error) {
	began := time.Now()
	tally, err := sim.Explore(ctx, s, o.seed, o.seed+o.schedules-1, runtime.GOMAXPROCS(0), nil)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return result.Simulated{}, err
	}
	expected := s.Attack.Expected(s.Protocol)
	return result.Simulated{
		Protocol: protocols.NameOf(s.Protocol), Attack: s.Attack.ID, T: o.t, Suite: o.suite, Durability: o.durability,
		Strategy:  o.strategy,
		FirstSeed: o.seed, Schedules: tally.Schedules, Operations: tally.Operations, Messages: tally.Messages,
		Reads: tally.Reads, Starved: tally.Starved, Harms: byName(tally.Harms), Seeds: byName(tally.First), Conditions: byName(tally.Conditions),
		Expected: expected.String(), Expectation: result.Expectation(expected.Code()),
		Held: expected.Holds(tally.Harms), Seconds: time.Since(began).Seconds(),
	}, nil
}

// verdict says which harms were found, and whether they were expected.
func verdict(r result.Simulated) string {
	var found []string
	for _, h := range slices.Sorted(maps.Keys(r.Harms)) {
		found = append(found, fmt.Sprintf("%s in %d, first with seed %d", h, r.Harms[h], r.Seeds[h]))
	}
	text := cmp.Or(strings.Join(found, "; "), "no harm")
	if r.Starved > 0 {
		text += fmt.Sprintf(", %d READs starved", r.Starved)
	}
	if !r.Held {
		return text + ": EXPECTED " + r.Expected
	}
	return text + " (expected: " + r.Expected + ")"
}

// byName is a map of harms or conditions as results hold it.
func byName[K ~string, N int64 | uint64](of map[K]N) map[string]N {
	named := map[string]N{}
	for k, n := range of {
		named[string(k)] = n
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

// explain shrinks the first schedule with an unexpected harm and prints its trace.
func (o *simulateOptions) explain(out io.Writer, s sim.Scenario, row result.Simulated) error {
	expected := s.Attack.Expected(s.Protocol)
	for _, h := range slices.Sorted(maps.Keys(row.Harms)) {
		if expected.Allows(byzantine.Harm(h)) {
			continue
		}
		seed := row.Seeds[h]
		fmt.Fprintf(out, "\nThis repeats it:\n  powbench simulate --protocol %s --attack %s --t %d --suite %s --durability %s --strategy %s "+
			"--seed %d --schedules 1 --trace\n", row.Protocol, row.Attack, row.T, row.Suite, row.Durability, row.Strategy, seed)
		choices, err := sim.Shrink(s, seed)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "\nThe same with all but %d choices muted:\n", len(choices))
		outcome, err := printTrace(out, s, seed, choices)
		if err != nil || o.html == "" {
			return err
		}
		return history.Visualise(o.html, outcome.History)
	}
	fmt.Fprintf(out, "\nNo schedule showed %q: the checkers should have caught it; try more --schedules.\n", expected.Harm)
	return nil
}

func printTrace(out io.Writer, s sim.Scenario, seed uint64, only []sim.Choice) (*sim.Outcome, error) {
	o, err := sim.Trace(s, seed, only)
	if err != nil {
		return o, err
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
	return o, nil
}
