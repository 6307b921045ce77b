package sim

import (
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/loft"
	"github.com/powbench/powbench/protocols/pasis"
)

// unstarving is a protocol that promises that its READs end.
type unstarving struct{ protocols.Protocol }

func (p unstarving) Traits(t int) protocols.Traits {
	is := p.Protocol.Traits(t)
	is.Starves = false
	return is
}

// A READ to which WRITEs leave no round to end in is no harm to a protocol that says so, and a failed operation to others.
func TestStarvedReads(t *testing.T) {
	mixed, err := StrategyByName("mixed")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		protocol protocols.Protocol
		attack   string
		first    uint64 // few schedules come to that, so look from here on
	}{{loft.Protocol{}, "B8", 1}, {pasis.Protocol{}, "Z1", 9001}} {
		starving := false
		for seed := c.first; seed < c.first+300 && !starving; seed++ {
			s := Scenario{Protocol: c.protocol, Attack: mustAttack(t, c.attack), Strategy: mixed}
			o, err := Run(s, seed)
			if err != nil || len(o.Findings) > 0 {
				t.Fatalf("%s, seed %d: %v, %v", c.attack, seed, o, err)
			}
			if starving = o.Starved > 0; !starving {
				continue
			}
			s.Protocol = unstarving{c.protocol}
			if o, err = Run(s, seed); err != nil || o.Harm() != byzantine.Failure || o.Starved > 0 {
				t.Errorf("%s, seed %d, not allowed: %v, %v", c.attack, seed, o, err)
			}
		}
		if !starving {
			t.Errorf("%s: no READ starves in 300 schedules", c.attack)
		}
	}
}
