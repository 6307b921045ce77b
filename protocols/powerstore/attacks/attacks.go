// Package attacks holds what attackers forge in PoWerStore, and what must come of each attack. It imports byzantine and
// powerstore; catalog alone imports it.
package attacks

import (
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/powerstore"
	"github.com/powbench/powbench/protocols/suite"
	"github.com/powbench/powbench/protocols/targeted"
)

type (
	candidate = powerstore.Candidate
	reader    = byzantine.Hostile[candidate]
)

// Playbook returns PoWerStore's, whose one writer asks no server for the time, and whose candidates have no MACs. What
// a reader writes back is kept until a newer WRITE completes, so a flood of it (R1) makes servers grow; R6 is no more.
func Playbook() byzantine.Playbook {
	two := byzantine.Expectation{Rounds: 2}
	return byzantine.Playbook{
		Protocol: "powerstore",
		Poison:   byzantine.Mixed(hashes),
		Publish:  publish, Certificate: certificate,
		Lies: map[string]byzantine.Lie{
			"B0":  byzantine.In[*powerstore.CollectAck](replay),
			"B5":  byzantine.In[*powerstore.FilterAck](byzantine.Corrupted),
			"B7":  byzantine.In[*powerstore.CollectAck](mutate),
			"B10": byzantine.In[*powerstore.FilterAck](elsewhere),
		},
		Readers: map[string]func(byzantine.Part, protocols.Register) protocols.Register{
			"R1": byzantine.Attacking(learn, flood),
			"R3": byzantine.Attacking(learn, early),
			"R4": byzantine.Attacking(learn, crossKey),
		},
		Shape: shape,
		Expect: map[string]byzantine.Expectation{
			"B1": two, "B2": two, "B3": two, "B5": two, "B7": two, "B8": two, "B9": two, "B10": two, "B11": two,
			"R1": {Harm: byzantine.Growth, Rounds: 2}, "R2": two, "R3": two, "R4": two, "W1": two, "W2": two,
			"W3": {Harm: byzantine.Stale, Beyond: true},
			// Its one writer is trusted.
			"Z1": {Harm: byzantine.Phantom, Beyond: true}, "Z2": {Harm: byzantine.Hang, Beyond: true},
			"Z3": {Harm: byzantine.Exhaustion, Beyond: true}, "Z4": {Harm: byzantine.Lurking, Beyond: true},
			"Z6": {Harm: byzantine.Stale, Beyond: true},
		},
	}
}

// publish is the FILTER by which a reader writes back what COMPLETE would have completed (Z4).
func publish(m protocols.Message) protocols.Message {
	return filter(m.Body.(*powerstore.Complete).Candidate)
}

// certificate is the COMPLETE with the nonce of another (Z6).
func certificate(request, other protocols.Body) protocols.Body {
	m, ok := request.(*powerstore.Complete)
	if !ok {
		return request
	}
	return &powerstore.Complete{Candidate: candidate{TS: m.Candidate.TS, Nonce: other.(*powerstore.Complete).Candidate.Nonce}}
}

// nonceSize is the length of the protocol's nonces.
func nonceSize(p byzantine.Part) int {
	protocol := p.Protocol
	if few, ok := protocol.(targeted.Protocol); ok {
		protocol = few.Protocol
	}
	nonce, _ := protocol.(interface {
		CandidateShape(t int, s suite.Suite) (nonce, macs int)
	}).CandidateShape(p.T, p.Suite)
	return nonce
}

// shaped is the candidate with a nonce as long as it should be.
func shaped(p byzantine.Part, c candidate) candidate {
	if n := nonceSize(p); len(c.Nonce) != n {
		c.Nonce = byzantine.Wrong(c.Nonce, n)
	}
	return c
}

// shape gives made-up candidates the length that a reader expects.
func shape(p byzantine.Part, reply protocols.Body) {
	if ack, ok := reply.(*powerstore.CollectAck); ok {
		for i, c := range ack.Candidates {
			ack.Candidates[i] = shaped(p, c)
		}
	}
}

// known are the candidates that the attackers have seen. Of a STORE, whose nonce is still secret, that is one with a
// wrong nonce.
func known(p byzantine.Part) (all []candidate) {
	for _, body := range p.Loot.All() {
		switch m := body.(type) {
		case *powerstore.Store:
			all = append(all, candidate{TS: m.Entry.TS, Nonce: byzantine.Wrong(m.Entry.Commitment, nonceSize(p))})
		case *powerstore.Complete:
			all = append(all, m.Candidate)
		case *powerstore.Filter:
			all = append(all, m.Candidates...)
		}
	}
	return all
}

// collected answers COLLECT with one candidate.
func collected(c candidate) protocols.Message {
	return protocols.Message{Body: &powerstore.CollectAck{Candidates: []candidate{c}}}
}

// replay reports a candidate that the attackers have seen, of any key (B0).
func replay(p byzantine.Part, reply protocols.Message) protocols.Message {
	if all := known(p); len(all) > 0 {
		return collected(all[p.Dice.Roll(len(all))])
	}
	return reply
}

// mutate reports the newest candidate with another nonce (B7).
func mutate(_ byzantine.Part, reply protocols.Message) protocols.Message {
	all := reply.Body.(*powerstore.CollectAck).Candidates
	c := all[len(all)-1]
	c.Nonce = byzantine.Flipped(c.Nonce)
	return collected(c)
}

// elsewhere answers FILTER with a timestamp that was not among the candidates, or without data (B10).
func elsewhere(p byzantine.Part, reply protocols.Message) protocols.Message {
	lie := *reply.Body.(*powerstore.FilterAck)
	reply.Body = &lie
	switch p.Dice.Roll(5) {
	case 1:
		lie.TS = protocols.Timestamp{Num: lie.TS.Num + 1, PID: 1}
	case 2:
		lie.TS = protocols.Timestamp{Num: lie.TS.Num + byzantine.Ahead, PID: 1}
	case 3:
		lie.CC = nil
	case 4:
		reply.Payload = nil
	}
	return reply
}

// learn is the candidates that a server reports.
func learn(reply protocols.Message) (found []byzantine.Find[candidate]) {
	if ack, ok := reply.Body.(*powerstore.CollectAck); ok {
		for _, c := range ack.Candidates {
			if !c.TS.IsZero() {
				found = append(found, byzantine.Find[candidate]{TS: c.TS, What: c})
			}
		}
	}
	return found
}

func filter(candidates ...candidate) protocols.Message {
	return protocols.Message{Body: &powerstore.Filter{Candidates: candidates}}
}

// flood has the servers filter many invented candidates: they let any number pass (R1).
func flood(h *reader, _ protocols.Key, _ int) protocols.Message {
	candidates := make([]candidate, 2*h.Servers())
	for i := range candidates {
		ts, junk := h.Invented()
		candidates[i] = shaped(h.Part, candidate{TS: ts, Nonce: junk})
	}
	return filter(candidates...)
}

// early writes the newest candidate that any server reported back to some servers only, be it complete or not (R3).
func early(h *reader, key protocols.Key, _ int) protocols.Message {
	c, ok := h.Newest(key, true)
	if !ok || h.Dice.Roll(2) == 0 {
		return protocols.Message{}
	}
	h.Dice.Roll(2) // M-PoWerStore's readers choose here: so both have the same schedules
	return filter(c)
}

// crossKey writes back under one key what is valid under another (R4).
func crossKey(h *reader, key protocols.Key, _ int) protocols.Message {
	if c, ok := h.Newest(key, false); ok {
		return filter(c)
	}
	return protocols.Message{}
}

// hashes are those of all servers' fragments, by which a server knows its own.
func hashes(m *powerstore.Store) *[][]byte { return &m.Entry.CC.Hashes }
