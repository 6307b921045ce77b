package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/study"
	"github.com/powbench/powbench/plots/command"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/catalog"
	"github.com/powbench/powbench/sim/explore"
)

// exploreOptions are the flags of explore.
type exploreOptions struct {
	protocols, scopes, menus []string
	t                        int
	suite, bound, out, html  string
	states                   int64
	shuffle                  uint64
	deviations               int
	resume                   bool
	jobs                     int
	progress                 io.Writer
}

func newExplore() *cobra.Command {
	o := &exploreOptions{}
	c := &cobra.Command{
		Use:   "explore",
		Short: "Play every order of deliveries of small scopes, in virtual time",
		Long: "explore drives the protocols' operations and servers through every order in which the messages of a few operations\n" +
			"can be delivered, with all that a faulty server or reader of a finite menu can do, and checks every history. It fails if a\n" +
			"protocol comes to harm that it promises to withstand: then it shrinks the execution and prints what happened in it.\n\n" +
			"Scopes (‖ is beside, a semicolon is after, † may die at any time):\n" + scopeList() + "\nMenus:\n" + menuList(),
		Example: "  powbench explore --scope write-read\n" +
			"  powbench explore --protocol mpowerstore --scope write-read --servers full --bound 30m --out results/simulation/explored.json",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.progress = cmd.ErrOrStderr()
			return o.run(cmd.Context(), cmd.OutOrStdout())
		},
	}
	f := c.Flags()
	f.IntVar(&o.jobs, "jobs", 1, "how many explorations to do at a time, each on a core and with memory of its own")
	f.StringSliceVar(&o.protocols, "protocol", explorable(), "protocols; mpowerstore+literal is the paper's pseudo-code as printed")
	f.StringSliceVar(&o.scopes, "scope", nil, "scopes by name (default: all that fit the protocol)")
	f.StringSliceVar(&o.menus, "servers", nil, "menus of faulty servers, or of a reader, by name (default: none, and the worst that the protocol withstands)")
	f.IntVar(&o.t, "t", 1, "number of faults to tolerate")
	f.StringVar(&o.suite, "suite", "modern", "crypto suite: paper, modern or blake3")
	f.StringVar(&o.bound, "bound", "", "stop each exploration after so many executions, such as 1000000, or so long, such as 30m")
	f.Int64Var(&o.states, "states", 40_000_000, "stop each exploration after so many states, which take about 100 bytes of memory each")
	f.Uint64Var(&o.shuffle, "shuffle", 0, "seed of the order in which to try what can happen: another one begins in another part of what is too large to end")
	f.IntVar(&o.deviations, "deviations", 0, "how often an execution may deviate at most from messages that arrive in the order in which they were sent, and participants that neither lie nor die (0: as often as it likes)")
	f.StringVar(&o.out, "out", "", "file for the table, as JSON, and beside it as Markdown; written after each exploration")
	f.BoolVar(&o.resume, "resume", false, "go on with the explorations of --out that were interrupted or have not begun")
	f.StringVar(&o.html, "html", "", "file for a picture of the history of a violation")
	return c
}

func scopeList() string {
	return listed(explore.Scopes(), func(s explore.Scope) (name, title string) { return s.Name, s.Title })
}

func menuList() string {
	return listed(explore.Menus(), func(m explore.Menu) (name, title string) { return m.Name, m.Title })
}

func listed[T any](all []T, of func(T) (name, title string)) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, x := range all {
		name, title := of(x)
		fmt.Fprintf(w, "  %s\t%s\n", name, title)
	}
	_ = w.Flush() // a strings.Builder does not fail
	return b.String()
}

func (o *exploreOptions) run(ctx context.Context, out io.Writer) error {
	if o.jobs < 1 {
		return command.Usage(fmt.Errorf("--jobs %d: give 1 or more", o.jobs))
	}
	tasks, err := o.tasks()
	if err != nil {
		return command.Usage(err)
	}
	table, err := o.earlier(tasks)
	if err != nil {
		return err
	}
	x := &exploring{exploreOptions: o, tasks: tasks, table: table, told: out}
	if err := x.run(ctx); err != nil {
		return err
	}
	if failed := x.failed(); failed > 0 {
		return fmt.Errorf("%w: %d of %d explorations found harm that is not to be expected", study.ErrCheckFailed, failed, len(tasks))
	}
	return nil
}

// explorable are the protocols whose servers speak to clients alone: other orders are not explored.
func explorable() (names []string) {
	for _, p := range catalog.All() {
		if !p.Traits(1).Peers {
			names = append(names, protocols.NameOf(p))
		}
	}
	return names
}

// tasks are all combinations that make sense. If scopes were named, one that does not fit is an error.
func (o *exploreOptions) tasks() (all []explore.Task, err error) {
	chosen, err1 := named(o.protocols, keepingOrLiteral)
	scopes, err2 := explore.Scopes(), error(nil)
	if o.scopes != nil {
		scopes, err2 = named(o.scopes, explore.ScopeByName)
	}
	bound, err3 := parseBound(o.bound)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	bound.States = o.states
	for _, p := range chosen {
		menus, err := o.menusOf(p)
		if err != nil {
			return nil, err
		}
		for _, s := range scopes {
			if err := s.Fits(p); err != nil && o.scopes != nil {
				return nil, err
			} else if err != nil {
				continue
			}
			for _, m := range menus {
				t := explore.Task{
					Protocol: p, T: o.t, Suite: o.suite, Scope: s, Menu: m, Reductions: explore.Full(), Bound: bound,
					Shuffle: o.shuffle, Deviations: o.deviations,
				}
				if _, err := explore.New(t); err != nil {
					return nil, err
				}
				all = append(all, t)
			}
		}
	}
	return all, nil
}

// menusOf are the menus that were named, else those that the protocol is to withstand: none, the worst of servers, and a hostile
// reader.
func (o *exploreOptions) menusOf(p protocols.Protocol) ([]explore.Menu, error) {
	names := o.menus
	if names == nil {
		names = []string{"none", "full"}
		if p.Traits(1).LyingServers == 0 {
			names = []string{"none", "crash"}
		}
		if p.Traits(1).LyingReaders {
			names = append(names, "reader")
		}
	}
	return named(names, explore.MenuByName)
}

// parseBound reads a number of executions or a time.
func parseBound(text string) (b explore.Bound, err error) {
	if text == "" {
		return b, nil
	}
	if b.Executions, err = strconv.ParseInt(text, 10, 64); err == nil && b.Executions > 0 {
		return b, nil
	}
	if b.Time, err = time.ParseDuration(text); err == nil && b.Time > 0 {
		return explore.Bound{Time: b.Time}, nil
	}
	return b, fmt.Errorf("--bound %s: give a number of executions, such as 1000000, or a time, such as 30m", text)
}

// tell prints what happened, shrunk, and draws the history if asked.
func (o *exploreOptions) tell(out io.Writer, s *explore.Search, v explore.Violation, row result.Explored) error {
	if row.Expectation == result.Beyond {
		fmt.Fprintln(out, "\nThis is beyond what the protocol promises. The shortest way there:")
	} else {
		fmt.Fprintf(out, "\nThis repeats it:\n  powbench explore --protocol %s --scope %s --servers %s --t %d --suite %s%s\n\nThe same with all "+
			"steps left out that can be:\n", row.Protocol, row.Scope, row.Menu, row.T, row.Suite, deviating(row))
	}
	outcome := s.Tell(v)
	for _, line := range outcome.Trace {
		fmt.Fprintln(out, line)
	}
	fmt.Fprint(out, history.Timeline(outcome.Involved))
	if o.html == "" {
		return nil
	}
	return history.Visualise(o.html, outcome.History)
}
