package main

import (
	"github.com/spf13/cobra"
)

func newPlot() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "plot RESULTS…",
		Short: "Draw figures and the summary table from results alone",
		Long: "plot reads the folders of runs, attacks and costs, draws every figure that their points, trials and costs\n" +
			"belong to as SVG, PDF and PNG, prints the summary tables and writes them as Markdown.",
		Example: "  powbench plot --out figures results/fig2a/latest results/fig2b/latest",
		Args:    args(cobra.MinimumNArgs(1)),
		RunE:    func(_ *cobra.Command, sets []string) error { return drawInto(out, sets) },
	}
	c.Flags().StringVar(&out, "out", "results/figures", "folder to write to")
	return c
}
