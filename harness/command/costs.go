package command

import (
	"context"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/powbench/powbench/harness/experiment"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/study"
	"github.com/powbench/powbench/harness/study/cost"
	"github.com/powbench/powbench/plots/command"
)

func newCosts() *cobra.Command {
	var results string
	c := &cobra.Command{
		Use:   "costs CONFIG",
		Short: "Measure what proofs of writing and signatures cost, and print the paper's Table 1",
		Long: "costs measures how long one processor takes to construct and to verify the proofs of writing and the\n" +
			"signatures that the file names, counts the modular multiplications of polynomial proofs, writes the results\n" +
			"below --results, prints Table 1 and draws it.",
		Example: "  powbench costs configs/table1.yaml",
		Args:    command.Args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, files []string) error {
			table, err := experiment.LoadCosts(files[0])
			if err != nil {
				return command.Usage(err)
			}
			return measureCosts(cmd.Context(), cost.Options{
				Costs: table, ConfigFile: files[0], Options: study.Options{Results: results, Progress: os.Stderr},
			})
		},
	}
	c.Flags().StringVar(&results, "results", "results", "folder of all results")
	return c
}

// measureCosts measures the costs and draws them.
func measureCosts(ctx context.Context, o cost.Options) error {
	dir, err := cost.Run(ctx, o)
	if err != nil {
		return err
	}
	return command.Draw(filepath.Join(dir, result.FigureDir), []string{dir})
}
