// Command powbench re-runs the evaluation of the paper "PoWerStore: Proofs of Writing for Efficient and Robust
// Storage" (CCS 2013): real server processes, an emulated network, checked histories, figures from raw samples.
//
// It imports harness/command alone.
package main

import (
	"os"

	"github.com/powbench/powbench/harness/command"
)

func main() { os.Exit(command.Main()) }
