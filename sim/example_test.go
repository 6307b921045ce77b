package sim_test

import (
	"context"
	"fmt"
	"log"

	"github.com/powbench/powbench/protocols/catalog"
	"github.com/powbench/powbench/sim"
)

// A hundred schedules of M-ABD, which tolerates crashes only, with a server that answers from an old state; and what is
// left of the first that fails, once all that it does not need is muted.
func Example() {
	protocol, err := catalog.ByName("mabd")
	if err != nil {
		log.Fatal(err)
	}
	attack, err := catalog.Attack("stale")
	if err != nil {
		log.Fatal(err)
	}
	s := sim.Scenario{Protocol: protocol, Attack: attack}
	tally, err := sim.Explore(context.Background(), s, 1, 100, 2, nil)
	if err != nil {
		log.Fatal(err)
	}
	for harm, seed := range tally.First {
		choices, err := sim.Shrink(s, seed)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%d of %d schedules: %s. Seed %d needs:\n", tally.Harms[harm], tally.Schedules, harm, seed)
		for _, c := range choices {
			fmt.Println(c)
		}
	}
	// Output:
	// 5 of 100 schedules: stale read. Seed 18 needs:
	// begin of p1's #1
	// begin of p3's #1
	// delay of p1's #1, round 2, s2
}
