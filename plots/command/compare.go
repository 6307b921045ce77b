package command

import (
	"github.com/spf13/cobra"

	"github.com/powbench/powbench/plots"
	"github.com/powbench/powbench/plots/sink"
)

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
		Args: Args(cobra.ExactArgs(2)),
		RunE: func(cmd *cobra.Command, dirs []string) error {
			sets, err := readSets(dirs)
			if err != nil {
				return err
			}
			compared, err := plots.Compare(sets[0], sets[1])
			if err != nil {
				return Usage(err)
			}
			form := sink.Text
			if markdown {
				form = sink.Markdown
			}
			return sink.Write(form(cmd.OutOrStdout()), compared)
		},
	}
	c.Flags().BoolVar(&markdown, "markdown", false, "write Markdown tables")
	return c
}

func newExport() *cobra.Command {
	return &cobra.Command{
		Use:   "export RESULTS",
		Short: "Write a run in the Go benchmark format, for benchstat",
		Long: "export writes a line for each valid repetition of a run's points to standard output: throughput (MB/s), mean\n" +
			"latency (ns/op) and its 99th percentile (p99-ns/op); no latencies if the number of clients was searched for.",
		Example: "  powbench export results/fig2b/latest",
		Args:    Args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, dirs []string) error {
			sets, err := readSets(dirs)
			if err != nil {
				return err
			}
			return Usage(plots.Export(cmd.OutOrStdout(), sets[0]))
		},
	}
}
