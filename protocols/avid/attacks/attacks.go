// Package attacks holds what attackers forge in AVID, which must withstand all of it but timestamps that are skipped. It
// imports avid and byzantine; catalog alone imports it.
package attacks

import (
	"github.com/powbench/powbench/protocols/avid"
	"github.com/powbench/powbench/protocols/byzantine"
)

// Playbook returns AVID's.
func Playbook() byzantine.Playbook {
	return byzantine.Playbook{
		Protocol: "avid",
		Poison:   byzantine.Mixed(hashes),
		Expect:   map[string]byzantine.Expectation{"Z3": {Harm: byzantine.Exhaustion}}, // nothing certifies a writer's timestamp, U4
		Lies: map[string]byzantine.Lie{
			"B4": byzantine.In[*avid.Clock](byzantine.Bogus),
			"B5": byzantine.In[*avid.Version](byzantine.Corrupted),
		},
	}
}

// hashes are those of all servers' fragments, by which a server knows its own.
func hashes(m *avid.Disperse) *[][]byte { return &m.Check.CC.Hashes }
