package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/powbench/powbench/harness"
	"github.com/powbench/powbench/harness/history"
)

func newCheck() *cobra.Command {
	return &cobra.Command{
		Use:   "check HISTORY…",
		Short: "Check recorded histories for linearizability",
		Long: "check reads histories that a run recorded and checks each with the timestamp and the zone checker.\n" +
			"It draws the operations that prove a violation.",
		Example: "  powbench check results/smoke/latest/histories/mabd-read-t1-64KiB-c2-rep1.jsonl.gz",
		Args:    args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, files []string) error {
			bad := 0
			for _, f := range files {
				entries, err := history.Read(f)
				if err != nil {
					return err
				}
				report := history.Check(entries)
				fmt.Fprintf(cmd.OutOrStdout(), "%s: %s (%s, %d operations)\n", f, report.Verdict.Verdict, report.Checker,
					report.Operations)
				if report.Detail != "" {
					fmt.Fprintln(cmd.OutOrStdout(), report.Detail)
				}
				if report.Verdict.Verdict != history.Linearizable {
					bad++
					fmt.Fprintln(cmd.OutOrStdout(), history.Timeline(report.Involved))
				}
			}
			if bad > 0 {
				return fmt.Errorf("%w: %d of %d", harness.ErrCheckFailed, bad, len(files))
			}
			return nil
		},
	}
}
