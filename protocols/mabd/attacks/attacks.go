// Package attacks holds what attackers know of M-ABD: what they forge, and what must come of each attack. It imports
// byzantine and mabd; catalog alone imports it.
package attacks

import (
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/mabd"
)

// Playbook returns M-ABD's. It is built for servers that crash and not for ones that lie: the checkers must find what
// comes of lies.
func Playbook() byzantine.Playbook {
	withstood := byzantine.Expectation{}
	stale := byzantine.Expectation{Harm: byzantine.Stale}
	phantom := byzantine.Expectation{Harm: byzantine.Phantom}
	exhausted := byzantine.Expectation{Harm: byzantine.Exhaustion}
	return byzantine.Playbook{
		Protocol: "mabd",
		Lies: map[string]byzantine.Lie{
			"B4": byzantine.In[*mabd.GetTSAck](byzantine.Bogus),
			"B5": byzantine.In[*mabd.GetAck](byzantine.Corrupted),
		},
		Expect: map[string]byzantine.Expectation{
			"B0": phantom, "B1": withstood, "B2": stale, "B3": phantom, "B4": exhausted, "B5": phantom, "B8": stale,
			"B9": withstood, "B11": stale, "R2": phantom,
			"Z2": {Harm: byzantine.Stale, Beyond: true}, "Z3": {Harm: byzantine.Exhaustion, Beyond: true},
			"Z4": {Harm: byzantine.Lurking, Beyond: true},
		},
	}
}
