// Package attacks holds what attackers forge in AVID, which must withstand all of it but timestamps that are skipped and WRITEs
// that lurk. It imports avid and byzantine; catalog alone imports it.
package attacks

import (
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/avid"
	"github.com/powbench/powbench/protocols/byzantine"
)

// Playbook returns AVID's.
func Playbook() byzantine.Playbook {
	return byzantine.Playbook{
		Protocol: "avid",
		Poison:   byzantine.Mixed(hashes),
		Prepare:  prepare, Abet: abet,
		Expect: map[string]byzantine.Expectation{
			"Z3": {Harm: byzantine.Exhaustion}, // nothing certifies a writer's timestamp, U4
			"Z4": {Harm: byzantine.Lurking},    // a server that lies can hold its ECHO back for as long as it likes
		},
		Lies: map[string]byzantine.Lie{
			"B4": byzantine.In[*avid.Clock](byzantine.Bogus),
			"B5": byzantine.In[*avid.Version](byzantine.Corrupted),
		},
	}
}

// prepare is DISPERSE to t+1 servers that do not lie: with the t that do they are enough to be READY, and not without (Z4).
func prepare(p byzantine.Part, last protocols.Broadcast) protocols.Broadcast {
	some, lying := make(protocols.Broadcast, len(last)), p.Loot.Accomplices()
	first := p.Dice.Roll(len(last))
	for i, left := 0, p.T+1; left > 0; i++ {
		if server := (first + i) % len(last); !slices.Contains(lying, server) {
			some[server] = last[server]
			left--
		}
	}
	return some
}

// abet is the votes of a server that has held them back (Z4).
func abet(p byzantine.Part, last protocols.Broadcast) protocols.Broadcast {
	m, ok := last[p.Index].Body.(*avid.Disperse)
	if !ok {
		return nil
	}
	vote := protocols.Message{Body: &avid.Vote{TS: m.TS, Check: m.Check, Echo: true, Ready: true}}
	if len(m.Check.Prints) == 0 {
		vote.Payload = last[p.Index].Payload
	}
	votes := protocols.ToAll(len(last), vote)
	votes[p.Index] = protocols.Message{}
	return votes
}

// hashes are those of all servers' fragments, by which a server knows its own.
func hashes(m *avid.Disperse) *[][]byte { return &m.Check.CC.Hashes }
