// Command powbench-analysis reads results: it has powbench's commands plot, report, compare and export, and is built
// from nothing in a fraction of the time, because no protocol, network or database is in it.
//
// It imports plots/command alone.
package main

import (
	"os"

	"github.com/powbench/powbench/plots/command"
)

func main() { os.Exit(command.Main()) }
