// Package attacks holds what attackers forge in PASIS, which must withstand all of it. It imports byzantine and pasis;
// catalog alone imports it.
package attacks

import (
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/pasis"
)

// Playbook returns PASIS's.
func Playbook() byzantine.Playbook {
	return byzantine.Playbook{
		Protocol: "pasis",
		Poison:   byzantine.Mixed(hashes),
		Expect: map[string]byzantine.Expectation{
			"Z3": {Harm: byzantine.Exhaustion},            // nothing certifies a time
			"Z4": {Harm: byzantine.Lurking, Beyond: true}, // anybody may store, U4
		},
		Lies: map[string]byzantine.Lie{
			"B4": byzantine.In[*pasis.TimeAck](byzantine.Bogus),
			"B5": byzantine.In[*pasis.Version](byzantine.Corrupted),
		},
	}
}

// hashes are those of all servers' fragments, by which a server knows its own.
func hashes(m *pasis.Store) *[][]byte { return &m.CC.Hashes }
