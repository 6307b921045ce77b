package command

import (
	"github.com/spf13/cobra"

	"github.com/powbench/powbench/plots/command"
)

func newPlan() *cobra.Command {
	var quick bool
	c := &cobra.Command{
		Use:     "plan CONFIG…",
		Short:   "Show an experiment's points and the time they will take, without running it",
		Example: "  powbench plan configs/fig2b.yaml\n  powbench plan --quick configs/fig2a.yaml",
		Args:    command.Args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, files []string) error {
			experiments, err := loadAll(files, quick)
			if err != nil {
				return command.Usage(err)
			}
			for _, e := range experiments {
				if err := e.WritePlan(cmd.OutOrStdout()); err != nil {
					return err
				}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&quick, "quick", false, "plan the quick section")
	return c
}
