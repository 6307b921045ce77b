package command

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/powbench/powbench/netem"
	"github.com/powbench/powbench/netem/guest"
	"github.com/powbench/powbench/plots/command"
)

func newDoctor() *cobra.Command {
	var wan bool
	c := &cobra.Command{
		Use:     "doctor",
		Short:   "Say what this machine can do, and how to get what is missing",
		Example: "  powbench doctor\n  powbench doctor --wan",
		Args:    command.Args(cobra.NoArgs),
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
			where, err := wanMode()
			fmt.Fprintf(out, "WAN (NetEm):  %s\n", where)
			if wan {
				return err
			}
			return nil
		},
	}
	c.Flags().BoolVar(&wan, "wan", false, "fail unless experiments that delay packets can run here")
	return c
}

// wanMode says where experiments that delay packets run on this machine, and how to get what is missing.
func wanMode() (string, error) {
	native := netem.CanDelay()
	if native == nil {
		return "native: this kernel has NetEm", nil
	}
	k, err := guest.Find()
	if err != nil {
		return fmt.Sprintf("none\n              this kernel: %v\n              guest: %v", native, err), err
	}
	return fmt.Sprintf("guest: User-mode Linux %s at %s\n              this kernel: %v", k.Release, k.Path, native), nil
}
