package query_test

import (
	"fmt"

	"github.com/powbench/powbench/plots/query"
)

// An expression asks for numbers with their intervals, an inequality whether it holds.
func Example() {
	sets, found, err := query.ReadAll("../../results/reference")
	if err != nil {
		panic(err)
	}
	results, err := query.New(sets, found)
	if err != nil {
		panic(err)
	}
	gain, err := results.Evaluate(`peak("2b", "mpowerstore", "read") / peak("2b", "mabd", "read")`, nil)
	if err != nil {
		panic(err)
	}
	fmt.Println(gain.Interval(), gain.Points)
	faster, err := results.Compare(`latency("2d", "mpowerstore", "read", {t: t}) < latency("2d", "mabd", "read", {t: t})`,
		map[string]any{"t": 3})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%s: %s\n", faster.Outcome, faster.Measured)
	rounds, err := results.Evaluate(`of("trial", "read_rounds", {protocol: "mpowerstore", attack: "B6"})`, nil)
	if err != nil {
		panic(err)
	}
	fmt.Println("rounds of a READ under B6:", rounds.Interval())
	// Output:
	// 1.50 [1.49, 1.51] [fig2b/mabd/read/t1/256KiB/c32/paper/write fig2b/mpowerstore/read/t1/256KiB/c32/paper/write]
	// holds: 138 ± 1 < 387 ± 1 (ratio 0.36 [0.35, 0.36])
	// rounds of a READ under B6: 3
}
