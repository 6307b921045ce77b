package protocols_test

import (
	"slices"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/catalog"
)

func TestNoted(t *testing.T) {
	p := (protocols.Traits{Servers: 3, Quorum: 2}).NewPhase()
	if p.Conditions() != nil {
		t.Errorf("%v before anything was noted", p.Conditions())
	}
	p.Note("b")
	p.Note("a")
	p.Note("b")
	if got := p.Conditions(); !slices.Equal(got, []protocols.Condition{"b", "a"}) {
		t.Errorf("noted %v, want b and a once", got)
	}
	p.Restart()
	p.Restart()
	if got := p.Conditions(); p.Restarts() != 2 || !slices.Equal(got, []protocols.Condition{"b", "a", protocols.Restarted}) {
		t.Errorf("%d restarts, noted %v, want two, and that it was begun again", p.Restarts(), got)
	}
}

// The protocols of the paper, and those that it compares with, have conditions.
func TestProtocolsHaveConditions(t *testing.T) {
	for _, name := range []string{"mpowerstore", "powerstore", "mabd", "phalanx"} {
		p, err := catalog.ByName(name)
		if err != nil {
			t.Fatal(err)
		}
		if len(protocols.ConditionsOf(p)) == 0 {
			t.Errorf("%s has none", name)
		}
	}
}
