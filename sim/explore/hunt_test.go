package explore

import (
	"encoding/json"
	"flag"
	"fmt"
	"slices"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols/catalog"
)

var (
	mutantProtocol = flag.String("mutant.protocol", "", "protocol of TestHunt")
	mutantAttack   = flag.String("mutant.attack", "none", "attack under which the mutant shows in simulated schedules")
	huntMost       = flag.Int64("hunt.most", 0, "executions of each scope after which TestHunt leaves it; 0: none")
)

// huntedIn are the scopes in which a mistake is looked for, and the menu of servers or readers, by the first letter of the attack that
// shows it in simulated schedules. What only messages that come twice show is not explored.
var huntedIn = map[byte]struct {
	menu   string
	scopes []string
}{
	'n': {"crash", []string{"write-then-read", "write-read", "write-write-then-read", "write-reads", "dead-then-reads"}},
	'W': {"none", []string{"dead-then-reads", "dead-then-read-read"}},
	'B': {"full", []string{"write-then-read", "write-read", "write-write-then-read", "dead-then-reads"}},
	'R': {"reader", []string{"write-then-read", "other-key", "dead-then-reads", "dead-then-read-write-read"}},
}

// explorers look depth first, with as many deviations at most as is said, one number after the other; 0: with any number.
var explorers = []struct {
	name       string
	deviations []int
}{
	{"dfs", []int{0}},
	{"few deviations", []int{1, 2, 3, 4, 5}},
}

// TestHunt counts the executions that it takes each explorer until one shows the mutant that the build has in it. The league
// of package sim plays it.
func TestHunt(t *testing.T) {
	where, explored := huntedIn[(*mutantAttack)[0]]
	if *mutantProtocol == "" || !explored {
		t.Skip("played by the league of strategies")
	}
	p, err := catalog.ByName(*mutantProtocol)
	if err != nil {
		t.Fatal(err)
	}
	menu, err := MenuByName(where.menu)
	if err != nil {
		t.Fatal(err)
	}
	if menu.Beyond(p) {
		t.Skip("those that lie are beyond what the protocol promises to withstand")
	}
	var tasks []Task
	for _, name := range where.scopes {
		scope, err := ScopeByName(name)
		if err != nil {
			t.Fatal(err)
		}
		if scope.Fits(p) == nil {
			tasks = append(tasks, Task{Protocol: p, Scope: scope, Menu: menu, Reductions: Full(), Bound: Bound{Executions: *huntMost}})
		}
	}
	if len(tasks) == 0 {
		t.Skip("no scope fits")
	}
	for _, e := range explorers {
		row := result.Hunts{Hunter: e.name, Most: uint64(*huntMost), Schedules: []uint64{hunt(t, tasks, e.deviations)}}
		text, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("hunts: " + string(text))
	}
}

// hunt explores the tasks until there is a violation, and says after how many executions that was; 0 if there is none.
func hunt(t *testing.T, tasks []Task, deviations []int) (executions uint64) {
	tasks = slices.Clone(tasks)
	for _, d := range deviations {
		for i := range tasks {
			if *huntMost > 0 && tasks[i].Bound.Executions <= 0 {
				continue // of this scope enough has been seen
			}
			tasks[i].Deviations = d
			x, err := New(tasks[i])
			if err != nil {
				t.Fatal(err)
			}
			report, err := x.Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			executions += uint64(report.Executions)
			tasks[i].Bound.Executions -= report.Executions
			if len(report.Violations) > 0 {
				return executions
			}
		}
	}
	return 0
}
