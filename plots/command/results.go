package command

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots"
	"github.com/powbench/powbench/plots/claims"
	"github.com/powbench/powbench/plots/report"
	"github.com/powbench/powbench/plots/sink"
	"github.com/powbench/powbench/plots/tables"
)

func newPlot() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "plot RESULTS…",
		Short: "Draw figures and the summary table from results alone",
		Long: "plot reads the folders of runs, attacks and costs, draws every figure that their points, trials and costs\n" +
			"belong to as SVG, PDF and PNG, prints the summary tables and writes them as Markdown.",
		Example: "  powbench plot --out figures results/fig2a/latest results/fig2b/latest",
		Args:    cobra.MinimumNArgs(1),
		RunE:    func(c *cobra.Command, sets []string) error { return Draw(c, out, sets...) },
	}
	c.Flags().StringVar(&out, "out", "results/figures", "folder to write to")
	return c
}

// Draw draws the figures of the result sets into dir and prints their summary.
func Draw(c *cobra.Command, dir string, sets ...string) error {
	read, err := readSets(c, sets)
	if err != nil {
		return err
	}
	summary, err := plots.Summary(read)
	if err != nil {
		return err
	}
	c.Println(sink.String(summary, sink.Text))
	files, err := plots.Draw(read, dir)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, "summary.md")
	if err := write(path, []byte(sink.String(summary, sink.Markdown))); err != nil {
		return err
	}
	for _, f := range append(files, path) {
		c.PrintErrln("wrote", f)
	}
	return nil
}

// write writes a file, and the folder that it is in.
func write(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o644)
}

// reportFlags are the flags of report.
type reportFlags struct {
	out, claims string
	simulated   []string
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
	c.Flags().StringSliceVar(&f.simulated, "simulated", nil, "files of powbench simulate --out, which decide claims too")
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
	c.Println(sink.String(tables.Tables{claims.Verdicts(verdicts).Table()}, sink.Text))
	if err := write(f.out, page.Bytes()); err != nil {
		return err
	}
	c.PrintErrln("wrote", f.out)
	return nil
}

// decide decides the claims from the sets and the simulated schedules.
func (f *reportFlags) decide(sets []*result.Set) ([]claims.Verdict, error) {
	book, err := claims.Load(f.claims)
	if err != nil {
		return nil, err
	}
	simulated, err := result.ReadSimulated(f.simulated...)
	if err != nil {
		return nil, err
	}
	return book.Evaluate(sets, simulated...)
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

func newCompare() *cobra.Command {
	var markdown bool
	c := &cobra.Command{
		Use:   "compare A B",
		Short: "Compare two runs of an experiment, point by point",
		Long: "compare sets run B against run A: throughput and latencies of each point as B/A with a confidence interval,\n" +
			"whether that is a difference, the points of only one run, and the circumstances that differ. It exits 0\n" +
			"whatever it finds.",
		Example: "  powbench compare results/fig2b/20261122T215738Z results/fig2b/latest\n" +
			"  powbench compare --markdown results/reference/lan/fig2b results/fig2b/latest",
		Args: cobra.ExactArgs(2),
		RunE: onSets(func(c *cobra.Command, sets []*result.Set) error {
			compared, err := plots.Compare(sets[0], sets[1])
			if err != nil {
				return Usage(err)
			}
			form := sink.Text
			if markdown {
				form = sink.Markdown
			}
			_, err = fmt.Fprint(c.OutOrStdout(), sink.String(compared, form))
			return err
		}),
	}
	c.Flags().BoolVar(&markdown, "markdown", false, "write Markdown tables")
	return c
}

func newExport() *cobra.Command {
	return &cobra.Command{
		Use:   "export RESULTS",
		Short: "Write a run in the Go benchmark format, for benchstat",
		Long: "export writes a line for each repetition of a run's points to standard output: throughput (MB/s), mean\n" +
			"latency (ns/op) and its 99th percentile (p99-ns/op) if the repetition has enough operations for it; no latencies\n" +
			"if the number of clients was searched for. Names of invalid repetitions end in their reasons, such as\n" +
			"/invalid=other-work.",
		Example: "  powbench export results/fig2b/latest",
		Args:    cobra.ExactArgs(1),
		RunE: onSets(func(c *cobra.Command, sets []*result.Set) error {
			return Usage(plots.Export(c.OutOrStdout(), sets[0]))
		}),
	}
}
