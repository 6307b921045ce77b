package sim

import (
	"strings"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/avid"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/catalog"
)

// Servers that send messages to servers withstand what the catalogue has for any protocol.
func TestPeers(t *testing.T) {
	for _, p := range []protocols.Protocol{avid.Protocol{}, avid.Protocol{Fingerprints: true}} {
		for _, a := range append(catalog.Against(p), byzantine.Attack{ID: "none"}) {
			t.Run(protocols.NameOf(p)+"/"+a.ID, func(t *testing.T) {
				s := Scenario{Protocol: p, T: 1, Durability: protocols.Fsync, Attack: a}
				demand(t, s, explore(t, s, enough(s, measured, 60, 60)))
			})
		}
	}
}

// A schedule with messages between servers repeats, and shrinks to choices that have names.
func TestPeersShrink(t *testing.T) {
	s := Scenario{Protocol: avid.Protocol{}, T: 1, Attack: mustAttack(t, "B12")}
	first, err := Trace(s, 7, nil)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := Trace(s, 7, nil)
	if a, b := strings.Join(first.Trace, "\n"), strings.Join(again.Trace, "\n"); a != b || !strings.Contains(a, "s1 → s2 Vote") {
		t.Error("a seed does not repeat its schedule, or no server sends another anything")
	}
	if got := choose(between, 3, 1+2*maxServers).String(); got != "message between servers, s2 → s4 (2)" {
		t.Errorf("the choice is called %q", got)
	}
}
