package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/powbench/powbench/netem"
)

func newDoctor() *cobra.Command {
	return &cobra.Command{
		Use:     "doctor",
		Short:   "Say what this machine can do, and how to get what is missing",
		Example: "  powbench doctor",
		Args:    args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			out := cmd.OutOrStdout()
			mode, err := netem.Available()
			fmt.Fprintf(out, "cores:        %d (2 or more are needed for a shaped LAN)\n", runtime.NumCPU())
			fmt.Fprintf(out, "testbed:      %s\n", mode)
			if err != nil {
				fmt.Fprintf(out, "              %v\n", err)
			}
			if mode == netem.ModeLoopback {
				fmt.Fprintln(out, "              experiments run unshaped on loopback; their numbers say nothing about a network")
			}
			return nil
		},
	}
}
