package explore

import (
	"encoding/json"
	"flag"
	"fmt"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols/catalog"
)

var (
	mutantProtocol = flag.String("mutant.protocol", "", "protocol of TestHunt")
	mutantAttack   = flag.String("mutant.attack", "none", "attack under which the mutant shows in simulated schedules")
	huntMost       = flag.Int64("hunt.most", 0, "executions of each scope after which TestHunt goes on to the next")
)

// huntedIn are the scopes in which a mistake is looked for, and the menu of servers, by the first letter of the attack that
// shows it in simulated schedules. What only messages that come twice or readers show is not explored.
var huntedIn = map[byte]struct {
	menu   string
	scopes []string
}{
	'n': {"crash", []string{"write-then-read", "write-read", "write-write-then-read", "write-reads", "dead-then-reads"}},
	'W': {"none", []string{"dead-then-reads", "dead-then-read-read"}},
	'B': {"full", []string{"write-then-read", "write-read", "write-write-then-read", "dead-then-reads"}},
}

// TestHunt counts the executions that it takes, depth first, until one shows the mutant that the build has in it. The league
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
		t.Skip("servers that lie are beyond what the protocol promises to withstand")
	}
	row, executions := result.Hunts{Hunter: "dfs", Most: uint64(*huntMost)}, int64(0)
	for _, name := range where.scopes {
		scope, err := ScopeByName(name)
		if err != nil {
			t.Fatal(err)
		}
		if scope.Fits(p) != nil {
			continue
		}
		found, after := hunt(t, Task{Protocol: p, Scope: scope, Menu: menu, Reductions: Full(), Bound: Bound{Executions: *huntMost}})
		if executions += after; found {
			row.Schedules = []uint64{uint64(executions)}
			break
		}
	}
	if row.Schedules == nil {
		row.Schedules = []uint64{0}
	}
	text, err := json.Marshal(row)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("hunts: " + string(text))
}

// hunt explores until there is a violation, and says after how many executions that was.
func hunt(t *testing.T, task Task) (found bool, after int64) {
	x, err := New(task)
	if err != nil {
		t.Fatal(err)
	}
	report, err := x.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return len(report.Violations) > 0, report.Executions
}
