//go:build !analysis

package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/powbench/powbench/harness"
	"github.com/powbench/powbench/netem/guest"
)

// begin is what must come before all else: in a guest, the process is another one.
func begin() { guest.Init() }

// isUsage reports whether the harness blames the caller.
func isUsage(err error) bool { return errors.Is(err, harness.ErrUsage) }

// others are the commands that do more than read results.
func others() []*cobra.Command {
	return []*cobra.Command{
		newRun(), newPlan(), newCheck(), newSimulate(), newAttack(), newCosts(), newUp(), newPut(), newGet(), newDoctor(),
		newServer(), newAgent(), newAwake(),
	}
}
