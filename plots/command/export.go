package command

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots"
	"github.com/powbench/powbench/plots/claims"
	"github.com/powbench/powbench/plots/numbers"
	"github.com/powbench/powbench/plots/query"
	"github.com/powbench/powbench/plots/sink"
)

// exportFlags are the flags of export.
type exportFlags struct {
	format, out     string
	claims, numbers string
	values          []string
	simulated       []string
}

// A form is one that results are exported in.
type form struct {
	name   string
	stream func(f *exportFlags, w io.Writer, sets []*result.Set) error      // to standard output; or
	folder func(dir string, sets []*result.Set) (files []string, err error) // into a folder
}

// forms are what export knows, the usual one first.
var forms = []form{
	{name: "benchstat", stream: pointsTo(sink.Benchmarks)},
	{name: "csv", stream: pointsTo(sink.CSV)},
	{name: "dat", folder: func(dir string, sets []*result.Set) ([]string, error) {
		to := sink.NewData(dir)
		err := plots.ExportFigures(to, sets...)
		return to.Files, err
	}},
	{name: "pgfplots", folder: func(dir string, sets []*result.Set) ([]string, error) {
		to := sink.NewPGF(dir)
		err := plots.ExportFigures(to, sets...)
		return to.Files, err
	}},
	{name: "hgrm", folder: func(dir string, sets []*result.Set) ([]string, error) {
		to := &sink.Spectra{Dir: dir}
		err := plots.ExportPoints(to, sets...)
		return to.Files, err
	}},
	{name: "latex", stream: (*exportFlags).latex},
}

// pointsTo exports points to a sink.
func pointsTo(to func(io.Writer) sink.Sink) func(*exportFlags, io.Writer, []*result.Set) error {
	return func(_ *exportFlags, w io.Writer, sets []*result.Set) error { return plots.ExportPoints(to(w), sets...) }
}

func formNames() (names []string) {
	for _, f := range forms {
		names = append(names, f.name)
	}
	return names
}

func newExport() *cobra.Command {
	f := &exportFlags{}
	c := &cobra.Command{
		Use:   "export RESULTS…",
		Short: "Write results for other tools: benchstat, spreadsheets, gnuplot, LaTeX, HdrHistogram",
		Long: "export writes results in the form of other tools.\n\n" +
			"  benchstat  a line of the Go benchmark format for each repetition: MB/s, ns/op and, if the repetition has\n" +
			"             enough operations for it, p99-ns/op; no latencies if the number of clients was searched for\n" +
			"  csv        a line for each repetition, with every field of points.jsonl\n" +
			"  dat        for each figure a file of its numbers, as gnuplot reads them\n" +
			"  pgfplots   for each figure a LaTeX document of its own\n" +
			"  hgrm       for each measurement HdrHistogram's percentile spectrum of its latencies, in ms\n" +
			"  latex      macros: \\PBvalue{EXPRESSION}, \\PBinterval{EXPRESSION} and \\PBclaim{ID}, for every number that the\n" +
			"             files of numbers and claims ask the results for, and every --value\n\n" +
			"Files go to --out, all else to standard output. Invalid repetitions are marked as such where repetitions are\n" +
			"exported one by one, and left out elsewhere.",
		Example: "  powbench export results/fig2b/latest\n" +
			"  powbench export --format csv results/fig2a/latest results/fig2b/latest > points.csv\n" +
			"  powbench export --format pgfplots --out paper/figures results/fig2b/latest\n" +
			"  powbench export --format latex --value 'peak(\"2b\", \"mabd\", \"read\")' results/fig2b/latest > numbers.tex",
		Args: cobra.MinimumNArgs(1),
		RunE: onSets(f.export),
	}
	c.Flags().StringVar(&f.format, "format", forms[0].name, "one of "+strings.Join(formNames(), ", "))
	Complete(c, "format", formNames()...)
	c.Flags().StringVar(&f.out, "out", "results/export", "folder for files")
	c.Flags().StringVar(&f.claims, "claims", "configs/claims.yaml", "for latex: file of claims; empty for none")
	c.Flags().StringVar(&f.numbers, "numbers", "docs/numbers.yaml", "for latex: file of a document's numbers; empty for none")
	c.Flags().StringArrayVar(&f.values, "value", nil, "for latex: one more expression on results")
	c.Flags().StringSliceVar(&f.simulated, "simulated", nil, "for latex: files of powbench simulate --out, explore --out and make survivors")
	return c
}

// export exports the result sets.
func (f *exportFlags) export(c *cobra.Command, sets []*result.Set) error {
	i := slices.Index(formNames(), f.format)
	if i < 0 {
		return Usage(fmt.Errorf("--format %s: it is one of %s", f.format, strings.Join(formNames(), ", ")))
	}
	if forms[i].stream != nil {
		if c.Flags().Changed("out") {
			return Usage(fmt.Errorf("--out: %s goes to standard output: redirect it instead", f.format))
		}
		return Usage(forms[i].stream(f, c.OutOrStdout(), sets))
	}
	if err := os.MkdirAll(f.out, 0o755); err != nil {
		return err
	}
	files, err := forms[i].folder(f.out, sets)
	for _, file := range files {
		c.PrintErrln("wrote", file)
	}
	return Usage(err)
}

// latex writes macros.
func (f *exportFlags) latex(w io.Writer, sets []*result.Set) error {
	found, err := result.ReadVirtual(f.simulated...)
	if err != nil {
		return err
	}
	results, err := query.New(sets, found)
	if err != nil {
		return err
	}
	m := &sink.Macros{}
	set := func(name string, is query.Interval) { m.Value(name, is.Value, is.Low, is.High) }
	if f.claims != "" {
		book, err := claims.Load(f.claims)
		if err != nil {
			return err
		}
		verdicts, err := book.Evaluate(sets, found)
		if err != nil {
			return err
		}
		for _, v := range verdicts {
			m.Claim(v.ID, v.Outcome.String())
		}
	}
	if f.numbers != "" {
		book, err := numbers.Load(f.numbers)
		if err != nil {
			return err
		}
		if err := book.Each(results, set); err != nil {
			return err
		}
	}
	for _, expression := range f.values {
		q, err := results.Evaluate(expression, nil)
		if err != nil {
			return fmt.Errorf("--value: %w", err)
		}
		if !q.Known() {
			return fmt.Errorf("--value %s: not in the results: %s", expression, strings.Join(slices.Concat(q.Missing, q.Few), ", "))
		}
		set(expression, q.Interval())
	}
	_, err = m.WriteTo(w)
	return err
}
