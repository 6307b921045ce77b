// Package command is the command line of powbench: what a person can ask for, and the processes that a run starts by
// running the same binary again. It may import everything; only the main of powbench imports it.
package command

import (
	"github.com/spf13/cobra"

	"github.com/powbench/powbench/harness/study"
	"github.com/powbench/powbench/netem/guest"
	"github.com/powbench/powbench/plots/command"
)

// Main runs the command line and returns the exit code. It must come first in main: in a guest, and in the processes
// that a run starts, the binary is run again.
func Main() int {
	guest.Init() // in a guest, this process is its init and does not return
	return command.Execute(newRoot(), study.ErrUsage)
}

func newRoot() *cobra.Command {
	return command.Root(
		newRun(), newPlan(), newCheck(), newSimulate(), newAttack(), newCosts(), newUp(), newPut(), newGet(), newDoctor(),
		newServer(), newAgent(), newAwake(),
	)
}
