package command

import (
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/powbench/powbench/plots"
	"github.com/powbench/powbench/plots/sink"
)

func newPlot() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "plot RESULTS…",
		Short: "Draw figures and the summary table from results alone",
		Long: "plot reads the folders of runs, attacks and costs, draws every figure that their points, trials and costs\n" +
			"belong to as SVG, PDF and PNG, prints the summary tables and writes them as Markdown.",
		Example: "  powbench plot --out figures results/fig2a/latest results/fig2b/latest",
		Args:    Args(cobra.MinimumNArgs(1)),
		RunE:    func(c *cobra.Command, sets []string) error { return Draw(c, out, sets...) },
	}
	c.Flags().StringVar(&out, "out", "results/figures", "folder to write to")
	return c
}

// Draw draws the figures of the result sets into dir and prints their summary.
func Draw(c *cobra.Command, dir string, sets ...string) error {
	read, err := readSets(sets)
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
