// Command outside is PoWBench with one protocol more, from a module of its own: it runs, attacks, simulates, checks and draws it as
// all others.
package main

import (
	"os"

	"github.com/powbench/powbench/harness/command"
)

func main() { os.Exit(command.Main(OneRound{})) }
