package command

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/study"
	"github.com/powbench/powbench/plots"
	"github.com/powbench/powbench/plots/command"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/catalog"
	"github.com/powbench/powbench/sim"
)

// contendOptions are the flags of contend.
type contendOptions struct {
	protocols       []string
	writers         []int
	t, readers      int
	operations      int
	repetitions     int
	schedules, seed uint64
	out, figures    string
}

func newContend() *cobra.Command {
	o := &contendOptions{}
	c := &cobra.Command{
		Use:   "contend",
		Short: "Count how often READs begin again beside more and more WRITEs, in virtual time",
		Long: "contend plays random schedules, as simulate does, of readers and of a growing number of clients that write the same\n" +
			"key one WRITE after the other. It counts the WRITEs that begin while a READ lasts, how often READs begin again because\n" +
			"WRITEs overtook them, as the protocols' own operations note it, their rounds, and the READs that run out of rounds.\n" +
			"Where every READ ends, whatever writers do, there is nothing to begin again. It fails if a history is not linearizable,\n" +
			"and if a READ waits for ever, as those of bounded histories may.",
		Example: "  powbench contend --out results/contended/t1.json --figures results/figures\n" +
			"  powbench contend --protocol loft --writers 1,4,16 --schedules 200",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.StringSliceVar(&o.protocols, "protocol", []string{"loft", "mpowerstore", "pasis", "avid"},
		"protocols, whose keys have many writers")
	f.IntSliceVar(&o.writers, "writers", []int{1, 2, 4, 8, 16}, "numbers of clients that write")
	f.IntVar(&o.t, "t", 1, "number of faults to tolerate")
	f.IntVar(&o.readers, "readers", 4, "clients that only read")
	f.IntVar(&o.operations, "operations", 12, "of each client")
	f.IntVar(&o.repetitions, "repetitions", 5, "of each number of writers, each with schedules of its own")
	f.Uint64Var(&o.schedules, "schedules", 100, "in each repetition")
	f.Uint64Var(&o.seed, "seed", 1, "seed of the first schedule; the others follow")
	f.StringVar(&o.out, "out", "", "file for the table, as JSON")
	f.StringVar(&o.figures, "figures", "", "folder for the figure, as SVG, PDF and PNG")
	return c
}

func (o *contendOptions) run(ctx context.Context, out, progress io.Writer) error {
	debug.SetGCPercent(garbage)
	chosen, err := named(o.protocols, catalog.Keeping)
	if err != nil {
		return command.Usage(err)
	}
	var rows []result.Contended
	for _, p := range chosen {
		if traits := p.Traits(1); traits.Writers == protocols.One {
			return command.Usage(fmt.Errorf("%s allows one writer of a key: contend has many", traits.Title))
		}
		for _, writers := range o.writers {
			for repetition := range o.repetitions {
				row, err := o.contend(ctx, p, writers, repetition)
				if err != nil {
					return err
				}
				rows = append(rows, row)
			}
			fmt.Fprintf(progress, "%s beside %d writers is done\n", protocols.NameOf(p), writers)
		}
	}
	if err := o.print(out, rows); err != nil {
		return err
	}
	if o.out != "" {
		if err := result.WriteContended(o.out, rows); err != nil {
			return err
		}
	}
	if o.figures == "" {
		return nil
	}
	_, err = plots.DrawContended(rows, o.figures, 0)
	return err
}

// contend plays one repetition. READs that starve are counted; nothing else may go wrong.
func (o *contendOptions) contend(ctx context.Context, p protocols.Protocol, writers, repetition int) (result.Contended, error) {
	s := sim.Scenario{
		Protocol: p, T: o.t, Writers: writers, Readers: o.readers, Keys: 1, Ops: o.operations,
		Attack: byzantine.Attack{ID: result.FaultFree},
	}
	if err := s.Check(); err != nil {
		return result.Contended{}, command.Usage(err)
	}
	first := o.seed + uint64(repetition)*o.schedules
	tally, err := sim.Explore(ctx, s, first, first+o.schedules-1, runtime.GOMAXPROCS(0), nil)
	if err = cmp.Or(err, ctx.Err()); err != nil {
		return result.Contended{}, err
	}
	for _, harm := range byzantine.Harms() {
		if seed, found := tally.First[harm]; found {
			return result.Contended{}, fmt.Errorf("%w: %s beside %d writers comes to a %s with seed %d", study.ErrCheckFailed,
				protocols.NameOf(p), writers, harm, seed)
		}
	}
	traits := p.Traits(o.t)
	title := traits.Title
	if traits.Variant != protocols.Paper {
		title += ", " + traits.Variant
	}
	return result.Contended{
		Protocol: traits.System(), Title: title, T: o.t, Writers: writers, Readers: o.readers, Repetition: repetition + 1,
		FirstSeed: first, Schedules: tally.Schedules, Reads: tally.Met.Reads, Rounds: tally.Reads, Writes: tally.Met.Writes,
		Restarts: tally.Met.Restarts,
	}, nil
}

// print tabulates the rows, the repetitions of one number of writers together.
func (o *contendOptions) print(out io.Writer, rows []result.Contended) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "protocol\twriters\tREADs\tWRITEs a READ\trestarts a READ\trounds\tfailed\t")
	for len(rows) > 0 {
		sum := rows[0]
		sum.Rounds = map[int]int64{}
		sum.Reads, sum.Writes, sum.Restarts = 0, 0, 0
		n := min(o.repetitions, len(rows))
		for _, r := range rows[:n] {
			sum.Reads, sum.Writes, sum.Restarts = sum.Reads+r.Reads, sum.Writes+r.Writes, sum.Restarts+r.Restarts
			for rounds, of := range r.Rounds {
				sum.Rounds[rounds] += of
			}
		}
		rows = rows[n:]
		fmt.Fprintf(w, "%s\t%d\t%d\t%.3g\t%.3g\t%.3g\t%.3g %%\t\n", sum.Protocol, sum.Writers, sum.Reads, sum.PerRead(sum.Writes),
			sum.PerRead(sum.Restarts), sum.MeanRounds(), 100*sum.PerRead(sum.Failed()))
	}
	return w.Flush()
}
