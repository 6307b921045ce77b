package cluster

import (
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/testbed"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/catalog"
)

// unlimited is a testbed that only says whether its links are.
type unlimited struct {
	testbed.Testbed
	yes bool
}

func (u unlimited) Describe() result.Testbed { return result.Testbed{Unlimited: u.yes} }

// Memory is set aside only where it is what would limit a run, and the more servers, the less each.
func TestReserve(t *testing.T) {
	for _, c := range []struct {
		protocol   string
		durability protocols.Durability
		unlimited  bool
		want       bool
	}{
		{"mabd", protocols.Volatile, true, true},
		{"mabd", protocols.Volatile, false, false},
		{"mabd", protocols.Unsynced, true, false},
		{"null+mabd", protocols.Volatile, true, false},
	} {
		p, err := catalog.ByName(c.protocol)
		if err != nil {
			t.Fatal(err)
		}
		cluster := &Cluster{
			spec: Spec{Protocol: p, T: 1, Durability: c.durability}, testbed: unlimited{yes: c.unlimited},
		}
		few, many := cluster.reserve(4), cluster.reserve(1<<20)
		if (few > 0) != c.want || few > mostReserve || c.want && many >= few {
			t.Errorf("%+v: 4 servers reserve %d bytes each, a million %d", c, few, many)
		}
	}
}
