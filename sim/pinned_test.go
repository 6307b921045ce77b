package sim

import (
	"fmt"
	"hash/fnv"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/cas"
	"github.com/powbench/powbench/protocols/mabd"
	"github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/protocols/pasis"
)

// A seed is the same schedule for ever: seeds are recorded, to repeat what they found. What is new in the simulator asks
// for choices of its own, and only where it is used.
func TestSchedulesStay(t *testing.T) {
	for _, c := range []struct {
		protocol protocols.Protocol
		digest   string
	}{
		{mpowerstore.Protocol{}, "4a75f11d5c435e77"},
		{mabd.Protocol{}, "c6f2648e6fd9354d"},
		{cas.Protocol{}, "b887e309721ca330"},
		{pasis.Protocol{}, "8eac3a7e9a604adc"},
	} {
		digest := fnv.New64a()
		for _, a := range []byzantine.Attack{{ID: "none"}, mustAttack(t, "B0"), mustAttack(t, "B11"), mustAttack(t, "N3"), mustAttack(t, "N5")} {
			for seed := uint64(1); seed <= 5; seed++ {
				o, err := Trace(Scenario{Protocol: c.protocol, T: 1, Attack: a}, seed, nil)
				if err != nil {
					t.Fatal(err)
				}
				for _, line := range o.Trace {
					fmt.Fprintln(digest, line)
				}
			}
		}
		if got := fmt.Sprintf("%x", digest.Sum(nil)); got != c.digest {
			t.Errorf("%s plays other schedules than before: %s, want %s", protocols.NameOf(c.protocol), got, c.digest)
		}
	}
}
