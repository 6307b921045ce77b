//go:build !analysis

package main

import (
	"github.com/spf13/cobra"
)

func newPlan() *cobra.Command {
	var quick bool
	c := &cobra.Command{
		Use:     "plan CONFIG…",
		Short:   "Show an experiment's points and the time they will take, without running it",
		Example: "  powbench plan configs/fig2b.yaml\n  powbench plan --quick configs/fig2a.yaml",
		Args:    args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, files []string) error {
			experiments, err := loadAll(files, quick)
			if err != nil {
				return usage(err)
			}
			for _, e := range experiments {
				if err := e.Plan(cmd.OutOrStdout()); err != nil {
					return err
				}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&quick, "quick", false, "plan the quick section")
	return c
}
