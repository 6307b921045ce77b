package command

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"gonum.org/v1/plot/vg"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots"
	"github.com/powbench/powbench/plots/figures"
	"github.com/powbench/powbench/plots/sink"
	"github.com/powbench/powbench/plots/stat"
)

// widths are those of figures, by where they stand.
var widths = map[string]vg.Length{
	"column": 84 * vg.Millimeter, // of two
	"page":   160 * vg.Millimeter,
	"slide":  254 * vg.Millimeter,
}

func widthNames() []string { return slices.Sorted(maps.Keys(widths)) }

// plotFlags are the flags of plot.
type plotFlags struct {
	out, size string
	choice    figures.Choice
	log       []string
	contended []string
	json      bool
}

func newPlot() *cobra.Command {
	f := &plotFlags{}
	c := &cobra.Command{
		Use:   "plot RESULTS…",
		Short: "Draw figures and the summary table from results alone",
		Long: "plot reads the folders of runs, attacks and costs, draws every figure that their points, trials and costs\n" +
			"belong to as SVG, PDF and PNG, and writes all tables as Markdown into summary.md beside them. It prints what fits\n" +
			"a screen.\n\n" +
			"With --x and --y it draws a figure of your own instead: any number of points against any other, by their names in\n" +
			"points.jsonl, with a curve for each combination of what differs and a panel for each value of --facet.\n\n" +
			"With --contended it draws files of powbench contend instead, and takes no folders.",
		Example: "  powbench plot --out figures results/fig2a/latest results/fig2b/latest\n" +
			"  powbench plot --x throughput_MBps --y latency_ms.mean --select t=1 --size column results/fig2a/latest\n" +
			"  powbench plot --x t --y cpu_s.servers --peaks --log y results/fig2b/latest\n" +
			"  powbench plot --contended results/contended/t1.json",
		Args: func(c *cobra.Command, args []string) error {
			if len(f.contended) > 0 {
				return cobra.NoArgs(c, args)
			}
			return cobra.MinimumNArgs(1)(c, args)
		},
		RunE: f.plot,
	}
	flags := c.Flags()
	flags.StringVar(&f.out, "out", "results/figures", "folder to write to")
	flags.StringVar(&f.size, "size", "page", "width of the figures, with their text: "+strings.Join(widthNames(), ", "))
	flags.StringVar(&f.choice.X, "x", "", "number on the x axis, such as clients, t, value_bytes or throughput_MBps")
	flags.StringVar(&f.choice.Y, "y", "", "number on the y axis, such as latency_ms.mean")
	flags.StringVar(&f.choice.Facet, "facet", "", "condition with a panel for each value (default: op)")
	flags.StringVar(&f.choice.Name, "name", "free", "of the files of a figure of your own: figNAME.svg and so on")
	flags.StringVar(&f.choice.Title, "title", "", "of a figure of your own")
	flags.StringSliceVar(&f.log, "log", nil, "logarithmic axes: x, y or both")
	flags.StringSliceVar(&f.choice.Select, "select", nil, "only measurements with this condition, such as t=1 or protocol=mabd; several must all hold")
	flags.StringSliceVar(&f.contended, "contended", nil, "files of powbench contend --out, in place of folders")
	flags.BoolVar(&f.choice.Peaks, "peaks", false, "only the number of clients with the highest throughput")
	flags.BoolVar(&f.json, "json", false, "print all tables for programs, as JSON, one in a line")
	Complete(c, "size", widthNames()...)
	Complete(c, "log", "x", "y")
	return c
}

func (f *plotFlags) plot(c *cobra.Command, dirs []string) error {
	width, known := widths[f.size]
	if !known {
		return Usage(fmt.Errorf("--size %s: it is one of %s", f.size, strings.Join(widthNames(), ", ")))
	}
	if len(f.contended) > 0 {
		return f.drawContended(c, width)
	}
	if f.choice.X == "" && f.choice.Y == "" {
		for _, flag := range []string{"facet", "name", "title", "log", "select", "peaks"} {
			if c.Flags().Changed(flag) {
				return Usage(fmt.Errorf("--%s is of a figure of your own: name its axes with --x and --y", flag))
			}
		}
		return draw(c, f.out, width, f.json, dirs...)
	}
	if f.json {
		return Usage(fmt.Errorf("--json is of the tables of all figures: a figure of your own has none"))
	}
	if f.choice.X == "" || f.choice.Y == "" {
		return Usage(fmt.Errorf("a figure of your own needs both --x and --y"))
	}
	for _, axis := range f.log {
		switch axis {
		case "x":
			f.choice.LogX = true
		case "y":
			f.choice.LogY = true
		default:
			return Usage(fmt.Errorf("--log %s: it is x, y or x,y", axis))
		}
	}
	if strings.ContainsAny(f.choice.Name, "/\\") {
		return Usage(fmt.Errorf("--name %s: it is a part of files' names, without slashes: folders go into --out", f.choice.Name))
	}
	sets, err := readSets(c, dirs)
	if err != nil {
		return err
	}
	files, err := plots.DrawFree(sets, f.choice, f.out, width)
	for _, file := range files {
		c.PrintErrln("wrote", file)
	}
	return Usage(err)
}

// drawContended draws READs beside WRITEs.
func (f *plotFlags) drawContended(c *cobra.Command, width vg.Length) error {
	rows, err := result.ReadContended(f.contended...)
	if err != nil {
		return Usage(err)
	}
	files, err := plots.DrawContended(rows, f.out, width)
	for _, file := range files {
		c.PrintErrln("wrote", file)
	}
	return Usage(err)
}

// Draw draws the figures of the result sets into dir, writes their tables there, and prints what fits a screen.
func Draw(c *cobra.Command, dir string, sets ...string) error { return draw(c, dir, 0, false, sets...) }

func draw(c *cobra.Command, dir string, width vg.Length, asJSON bool, sets ...string) error {
	read, err := readSets(c, sets)
	if err != nil {
		return err
	}
	summary, err := plots.Summary(read)
	if err != nil {
		return err
	}
	screen, err := plots.Screen(read)
	if err != nil {
		return err
	}
	if asJSON {
		c.Print(sink.String(summary, sink.JSON))
	} else {
		c.Println(sink.String(screen, sink.Text))
	}
	files, err := plots.Draw(read, dir, width)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, "summary.md")
	if err := write(path, []byte(sink.String(summary, sink.Markdown))); err != nil {
		return err
	}
	c.PrintErrf("All tables: %s. Figures: %s in %s, as SVG, PDF and PNG\n", path, stat.Count(len(files)/len(sink.Extensions()), "figure"), dir)
	return nil
}

// write writes a file, and the folder that it is in.
func write(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o644)
}
