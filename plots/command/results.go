package command

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots"
	"github.com/powbench/powbench/plots/claims"
	"github.com/powbench/powbench/plots/report"
	"github.com/powbench/powbench/plots/sink"
	"github.com/powbench/powbench/plots/tables"
)

// reportFlags are the flags of report.
type reportFlags struct {
	out, claims string
	simulated   []string
	json        bool
}

func newReport() *cobra.Command {
	f := &reportFlags{}
	c := &cobra.Command{
		Use:   "report RESULTS…",
		Short: "Say which claims hold, and write one HTML document of all results",
		Long: "report reads the folders of runs and of attacks, prints which of the paper's claims hold, and writes one HTML\n" +
			"file that needs no other and no network: the claims, all figures and tables, for each measurement its\n" +
			"repetitions one by one, machines, links, and links to the raw data. A claim that does not hold is a result,\n" +
			"not a failure.",
		Example: "  powbench report --out report.html results/fig2a/latest results/fig2b/latest\n" +
			"  powbench report --simulated results/simulation/t1.json results/attack/latest",
		Args: cobra.MinimumNArgs(1),
		RunE: onSets(f.report),
	}
	c.Flags().StringVar(&f.out, "out", "results/report.html", "file to write")
	c.Flags().StringVar(&f.claims, "claims", "configs/claims.yaml", "file of the claims to decide")
	c.Flags().StringSliceVar(&f.simulated, "simulated", nil, "files of powbench simulate --out, explore --out and make survivors, which decide claims too")
	c.Flags().BoolVar(&f.json, "json", false, "print the claims for programs, as JSON")
	return c
}

// report reports on the result sets.
func (f *reportFlags) report(c *cobra.Command, sets []*result.Set) error {
	verdicts, err := f.decide(sets)
	if err != nil {
		return Usage(err)
	}
	var page bytes.Buffer
	in := report.Input{Sets: sets, Claims: verdicts, Dir: filepath.Dir(f.out)}
	if err := report.Write(&page, in); err != nil {
		return Usage(err)
	}
	decided := tables.Tables{claims.Verdicts(verdicts).Table()}
	if f.json {
		c.Print(sink.String(decided, sink.JSON))
	} else {
		c.Println(sink.String(decided, sink.Text))
	}
	if err := write(f.out, page.Bytes()); err != nil {
		return err
	}
	c.PrintErrln("wrote", f.out)
	return nil
}

// decide decides the claims from the sets and what was found in virtual time.
func (f *reportFlags) decide(sets []*result.Set) ([]claims.Verdict, error) {
	book, err := claims.Load(f.claims)
	if err != nil {
		return nil, err
	}
	found, err := result.ReadVirtual(f.simulated...)
	if err != nil {
		return nil, err
	}
	return book.Evaluate(sets, found)
}

// readSets reads the result sets in the folders, and says which lines of them it had to leave out.
func readSets(c *cobra.Command, dirs []string) (sets []*result.Set, err error) {
	for _, d := range dirs {
		s, err := result.Read(d)
		if err != nil {
			return nil, Usage(err)
		}
		for _, g := range s.Garbled {
			c.PrintErrf("WARNING: left out: %v (`powbench run --resume` sets such lines aside and measures again)\n", g)
		}
		sets = append(sets, s)
	}
	return sets, nil
}

// onSets runs a command on the result sets in the folders that are its arguments.
func onSets(run func(c *cobra.Command, sets []*result.Set) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, dirs []string) error {
		sets, err := readSets(c, dirs)
		if err != nil {
			return err
		}
		return run(c, sets)
	}
}

// compareFlags are the flags of compare.
type compareFlags struct {
	markdown, json bool
	failAbove      string
}

func newCompare() *cobra.Command {
	f := &compareFlags{}
	c := &cobra.Command{
		Use:   "compare A B",
		Short: "Compare two runs of an experiment, point by point",
		Long: "compare sets run B against run A: throughput and latencies of each point as B/A with a confidence interval,\n" +
			"whether that is a difference, the points of only one run, and the circumstances that differ. It exits 0\n" +
			"whatever it finds, unless --fail-above says otherwise.",
		Example: "  powbench compare results/fig2b/20261122T215738Z results/fig2b/latest\n" +
			"  powbench compare --fail-above 5% results/reference/lan/fig2b results/fig2b/latest",
		Args: cobra.ExactArgs(2),
		RunE: onSets(f.compare),
	}
	c.Flags().BoolVar(&f.markdown, "markdown", false, "write Markdown tables")
	c.Flags().BoolVar(&f.json, "json", false, "write tables for programs, as JSON, one in a line")
	c.Flags().StringVar(&f.failAbove, "fail-above", "", "fail if B is worse than A by more than such a share, 5%, for sure: by all of an interval, and\n"+
		"by Holm's method, which keeps a false alarm in the whole comparison below 5%")
	return c
}

// compare compares two sets, and fails if it is to.
func (f *compareFlags) compare(c *cobra.Command, sets []*result.Set) error {
	share, err := f.share()
	if err != nil {
		return Usage(err)
	}
	compared, err := plots.Compare(sets[0], sets[1])
	if err != nil {
		return Usage(err)
	}
	var lost tables.Table
	if f.failAbove != "" {
		if lost, err = plots.Losses(sets[0], sets[1], share); err != nil {
			return Usage(err)
		}
		compared = append(compared, lost)
	}
	form := sink.Text
	switch {
	case f.markdown && f.json:
		return Usage(fmt.Errorf("--markdown and --json: give one of them"))
	case f.markdown:
		form = sink.Markdown
	case f.json:
		form = sink.JSON
	}
	if _, err := fmt.Fprint(c.OutOrStdout(), sink.String(compared, form)); err != nil {
		return err
	}
	if n := len(lost.Rows); n > 0 {
		return fmt.Errorf("%s is worse by more than %s in %d of the comparisons", sets[1].Dir, f.failAbove, n)
	}
	return nil
}

// share is what --fail-above says, as a share; 0 if it says nothing.
func (f *compareFlags) share() (float64, error) {
	if f.failAbove == "" {
		return 0, nil
	}
	percent, isPercent := strings.CutSuffix(f.failAbove, "%")
	x, err := strconv.ParseFloat(percent, 64)
	if err != nil || !isPercent || !(x >= 0 && x < 100) {
		return 0, fmt.Errorf("--fail-above %q: want a share such as 5%%", f.failAbove)
	}
	return x / 100, nil
}
