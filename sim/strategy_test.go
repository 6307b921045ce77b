package sim

import (
	"reflect"
	"slices"
	"testing"

	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/mabd"
	"github.com/powbench/powbench/protocols/mpowerstore"
)

// Under every strategy a seed is one schedule, a protocol that withstands an attack does, and harm that is known comes about.
// What is shrunk of it still comes to it.
func TestStrategies(t *testing.T) {
	for _, strategy := range Strategies() {
		t.Run(strategy.Name, func(t *testing.T) {
			s := Scenario{Protocol: mpowerstore.Protocol{}, T: 1, Attack: mustAttack(t, "B0"), Strategy: strategy}
			demand(t, s, explore(t, s, 200))
			s = Scenario{Protocol: mabd.Protocol{}, T: 1, Attack: mustAttack(t, "B2"), Strategy: strategy}
			tally := explore(t, s, 300)
			demand(t, s, tally)
			seed := tally.First[byzantine.Stale]
			if seed == 0 {
				t.Fatalf("300 schedules: %v, no stale read", tally.Harms)
			}
			first, err := Trace(s, seed, nil)
			if err != nil {
				t.Fatal(err)
			}
			again, err := Trace(s, seed, nil)
			if err != nil || !slices.Equal(first.Trace, again.Trace) {
				t.Errorf("seed %d plays in two ways: %v", seed, err)
			}
			choices, err := Shrink(s, seed)
			if err != nil {
				t.Fatal(err)
			}
			shrunk, err := Trace(s, seed, choices)
			if err != nil || shrunk.Harm() != first.Harm() || len(shrunk.Trace) >= len(first.Trace) {
				t.Errorf("seed %d shrinks from %q in %d lines to %q in %d: %v", seed, first.Harm(), len(first.Trace), shrunk.Harm(), len(shrunk.Trace), err)
			}
		})
	}
}

// Strategies differ, and seeds do.
func TestStrategiesDiffer(t *testing.T) {
	var traces [][]string
	for _, strategy := range Strategies()[:3] {
		for seed := range uint64(3) {
			s := Scenario{Protocol: mpowerstore.Protocol{}, T: 1, Attack: byzantine.Attack{ID: "none"}, Strategy: strategy}
			o, err := Trace(s, seed+1, nil)
			if err != nil {
				t.Fatal(err)
			}
			if slices.ContainsFunc(traces, func(known []string) bool { return slices.Equal(known, o.Trace) }) {
				t.Errorf("%s, seed %d: a schedule that was played before", strategy.Name, seed+1)
			}
			traces = append(traces, o.Trace)
		}
	}
}

// networkOf is what the strategy makes of the seed, for a scenario of four clients, three operations and four servers.
func networkOf(t *testing.T, name string, seed uint64) network {
	t.Helper()
	strategy, err := StrategyByName(name)
	if err != nil {
		t.Fatal(err)
	}
	n, ok := Scenario{Protocol: mpowerstore.Protocol{}, T: 1, Strategy: strategy}.chooser(seed).(network)
	if !ok {
		t.Fatalf("%s has no network of its own", name)
	}
	return n
}

// eachRound calls do with every round of every operation of the scenario.
func eachRound(do func(client, seq, round int)) {
	for client := 1; client <= 4; client++ {
		for seq := 1; seq <= 3; seq++ {
			for round := 1; round <= delayRounds; round++ {
				do(client, seq, round)
			}
		}
	}
}

// A schedule has one to five delays, and some schedules each number of them.
func TestDelaysAreBounded(t *testing.T) {
	seen := map[int]bool{}
	for seed := range uint64(200) {
		n, delayed := networkOf(t, "delays", seed), 0
		eachRound(func(client, seq, round int) { delayed += len(n.far(client, seq, round)) })
		if delayed < 1 || delayed > maxDelays {
			t.Errorf("seed %d: %d delays", seed, delayed)
		}
		seen[delayed] = true
	}
	if len(seen) != maxDelays {
		t.Errorf("numbers of delays: %v", seen)
	}
}

// A client hears of all servers but the nearest later, in the same order in all rounds unless a server comes last from one on.
func TestPriorities(t *testing.T) {
	changed := 0
	for seed := range uint64(100) {
		n := networkOf(t, "priorities", seed)
		var before []distance
		last := 0
		eachRound(func(client, seq, round int) {
			far := n.far(client, seq, round)
			if len(far) != n.servers-1 || !slices.IsSortedFunc(far, func(a, b distance) int { return a.level - b.level }) || far[0].level == 0 {
				t.Fatalf("seed %d: %v", seed, far)
			}
			if client == last && !reflect.DeepEqual(far, before) {
				changed++
			}
			before, last = far, client
		})
	}
	if changed == 0 || changed > 100*maxChanges {
		t.Errorf("priorities changed %d times in 100 schedules", changed)
	}
}

func TestUnknownStrategy(t *testing.T) {
	if _, err := StrategyByName("clever"); err == nil {
		t.Error("an unknown strategy is accepted")
	}
}
