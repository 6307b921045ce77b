package sim

import (
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/loft"
)

// unstarving is Loft that promises that its READs end.
type unstarving struct{ loft.Protocol }

func (p unstarving) Traits(t int) protocols.Traits {
	is := p.Protocol.Traits(t)
	is.Starves = false
	return is
}

// A READ that WRITEs overtake in all its rounds is no harm to a protocol that says so, and a failed operation to others.
func TestStarvedReads(t *testing.T) {
	mixed, err := StrategyByName("mixed")
	if err != nil {
		t.Fatal(err)
	}
	s := Scenario{Protocol: loft.Protocol{}, Attack: mustAttack(t, "B8"), Strategy: mixed}
	for seed := uint64(1); seed <= 300; seed++ {
		o, err := Run(s, seed)
		if err != nil {
			t.Fatal(err)
		}
		if len(o.Findings) > 0 {
			t.Fatalf("seed %d: %v", seed, o.Findings)
		}
		if o.Starved == 0 {
			continue
		}
		s.Protocol = unstarving{}
		if o, err = Run(s, seed); err != nil || o.Harm() != byzantine.Failure || o.Starved > 0 {
			t.Errorf("seed %d, not allowed: %v, %v", seed, o, err)
		}
		return
	}
	t.Error("no READ starves in 300 schedules")
}
