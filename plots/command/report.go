package command

import (
	"bytes"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/claims"
	"github.com/powbench/powbench/plots/report"
	"github.com/powbench/powbench/plots/sink"
	"github.com/powbench/powbench/plots/tables"
)

// reportFlags are the flags of report.
type reportFlags struct {
	out, claims string
	simulated   []string
}

func newReport() *cobra.Command {
	var f reportFlags
	c := &cobra.Command{
		Use:   "report RESULTS…",
		Short: "Say which claims hold, and write one HTML document of all results",
		Long: "report reads the folders of runs and of attacks, prints which of the paper's claims hold, and writes one HTML\n" +
			"file that needs no other and no network: the claims, all figures and tables, for each measurement its\n" +
			"repetitions one by one, machines, links, and links to the raw data. A claim that does not hold is a result,\n" +
			"not a failure.",
		Example: "  powbench report --out report.html results/fig2a/latest results/fig2b/latest\n" +
			"  powbench report --simulated results/simulation/t1.json results/attack/latest",
		Args: Args(cobra.MinimumNArgs(1)),
		RunE: func(c *cobra.Command, sets []string) error { return f.report(c, sets) },
	}
	c.Flags().StringVar(&f.out, "out", "results/report.html", "file to write")
	c.Flags().StringVar(&f.claims, "claims", "configs/claims.yaml", "file of the claims to decide")
	c.Flags().StringSliceVar(&f.simulated, "simulated", nil, "files of powbench simulate --out, which decide claims too")
	return c
}

// report reports on the result sets in the folders.
func (f reportFlags) report(c *cobra.Command, dirs []string) error {
	sets, err := readSets(dirs)
	if err != nil {
		return err
	}
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
func (f reportFlags) decide(sets []*result.Set) ([]claims.Verdict, error) {
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

// readSets reads the result sets in the folders.
func readSets(dirs []string) ([]*result.Set, error) {
	var sets []*result.Set
	for _, d := range dirs {
		s, err := result.Read(d)
		if err != nil {
			return nil, Usage(err)
		}
		sets = append(sets, s)
	}
	return sets, nil
}
