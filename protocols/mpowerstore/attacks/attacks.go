// Package attacks holds what attackers forge in M-PoWerStore, and what must come of each attack: lies of servers in this
// file, hostile readers in readers.go, writers that lie in writers.go. It imports byzantine, mpowerstore and its variants;
// catalog alone imports it.
package attacks

import (
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/protocols/mpowerstore/variants"
	"github.com/powbench/powbench/protocols/suite"
	"github.com/powbench/powbench/protocols/targeted"
)

type candidate = mpowerstore.Candidate

// Playbook returns M-PoWerStore's: READs take two rounds, and a third where a vector has to be repaired.
func Playbook() byzantine.Playbook {
	two, three := byzantine.Expectation{Rounds: 2}, byzantine.Expectation{Rounds: 3}
	return byzantine.Playbook{
		Protocol: "mpowerstore",
		Whole:    []string{"replicated", "replicated-signed"},
		Poison:   byzantine.Mixed(hashes),
		Publish:  publish, Certificate: certificate,
		Lies: map[string]byzantine.Lie{
			"B0":  byzantine.In[*mpowerstore.CollectAck](replay),
			"B4":  byzantine.In[*mpowerstore.ClockAck](byzantine.Bogus),
			"B5":  corrupt,
			"B6":  byzantine.In[*mpowerstore.CollectAck](spoilVector),
			"B7":  mutate,
			"B10": byzantine.In[*mpowerstore.FilterAck](elsewhere),
		},
		Readers: map[string]func(byzantine.Part, protocols.Register) protocols.Register{
			"R1": byzantine.Attacking(learn, flood),
			"R3": byzantine.Attacking(learn, early),
			"R4": byzantine.Attacking(learn, crossKey),
			"R5": byzantine.Attacking(learn, personal),
			"R6": byzantine.Attacking(learn, overflow),
		},
		Shape: shape,
		Expect: map[string]byzantine.Expectation{
			"B1": two, "B2": two, "B3": two, "B4": two, "B5": two, "B6": three, "B7": three, "B8": two, "B9": two,
			"B10": two, "B11": two, "R1": two, "R2": two, "R3": two, "R4": two, "R5": three, "R6": two, "W1": two, "W2": two,
			"Z1": harm(byzantine.Phantom), "Z2": harm(byzantine.Hang), "Z3": harm(byzantine.Exhaustion),
			"Z4": harm(byzantine.Lurking), "Z6": harm(byzantine.Hang),
		},
		Rounds: rounds,
	}
}

// harm says that the attack, which is beyond the protocol's model, brings about some harm: this one, or another.
func harm(h byzantine.Harm) byzantine.Expectation {
	return byzantine.Expectation{Harm: h, Beyond: true}
}

// rounds is how many rounds a READ of the variant may take where the protocol's take so many.
func rounds(variant string, rounds int) int {
	switch variant {
	case "lean":
		return rounds + 1 // FETCH: attackers may hold fragments back, and any server may be slow
	case "bounded", "bounded1":
		return 0 // FILTER again, as often as WRITEs overtake it, within protocols.MaxRounds
	}
	return rounds
}

// lengths returns the lengths of the protocol's candidates: nonces in bytes, vectors in MACs.
func lengths(p byzantine.Part) (nonce, macs int) {
	protocol := p.Protocol
	if few, ok := protocol.(targeted.Protocol); ok {
		protocol = few.Protocol
	}
	return protocol.(interface {
		CandidateShape(t int, s suite.Suite) (nonce, macs int)
	}).CandidateShape(p.T, p.Suite)
}

// shaped is the candidate with a nonce and a vector as long as they should be.
func shaped(p byzantine.Part, c candidate) candidate {
	nonce, macs := lengths(p)
	if len(c.Nonce) != nonce {
		c.Nonce = byzantine.Wrong(c.Nonce, nonce)
	}
	if len(c.Vec) != macs {
		c.Vec = slices.Repeat([][]byte{p.Junk()}, macs)
	}
	return c
}

// shape gives what was made up in a reply the lengths that a reader expects.
func shape(p byzantine.Part, reply protocols.Body) {
	switch ack := reply.(type) {
	case *mpowerstore.CollectAck:
		ack.Candidate = shaped(p, ack.Candidate)
	case *mpowerstore.FilterAck:
		if _, macs := lengths(p); ack.Entry != nil && macs == 0 { // no vector, and nothing to commit to
			ack.Entry.Vec, ack.Entry.Commitment = nil, nil
		}
	}
}

// known are the candidates that the attackers have seen, of any key. Of a STORE, whose nonce is still secret, that is
// one with a wrong nonce.
func known(p byzantine.Part) (all []candidate) {
	for _, body := range p.Loot.All() {
		switch m := body.(type) {
		case *mpowerstore.Store:
			nonce, _ := lengths(p)
			c := candidate{TS: m.Entry.TS, Vec: m.Entry.Vec, Nonce: byzantine.Wrong(m.Entry.Commitment, nonce)}
			all = append(all, c)
		case *mpowerstore.Complete:
			all = append(all, m.Candidate)
		case *mpowerstore.Repair:
			all = append(all, m.Candidate)
		case *mpowerstore.Filter:
			all = append(all, m.Candidates...)
		}
	}
	return all
}

func collected(c candidate) protocols.Message {
	return protocols.Message{Body: &mpowerstore.CollectAck{Candidate: c}}
}

// replay reports a candidate that the attackers have seen (B0).
func replay(p byzantine.Part, reply protocols.Message) protocols.Message {
	if all := known(p); len(all) > 0 {
		return collected(all[p.Dice.Roll(len(all))])
	}
	return reply
}

// corrupt changes a little of what brings a READ data, or says that there is none (B5).
func corrupt(p byzantine.Part, reply protocols.Message) protocols.Message {
	switch reply.Body.(type) {
	case *mpowerstore.FilterAck, *variants.FetchAck:
		return byzantine.Corrupted(p, reply)
	}
	return reply
}

// spoilVector spoils the vector of MACs of the candidate it reports (B6).
func spoilVector(_ byzantine.Part, reply protocols.Message) protocols.Message {
	c := reply.Body.(*mpowerstore.CollectAck).Candidate
	if c.Vec == nil {
		return reply
	}
	c.Vec = spoilt(c.Vec, -1)
	return collected(c)
}

// spoilt is the vector with all MACs wrong, except that of one server; -1 spares none.
func spoilt(vec [][]byte, spared int) [][]byte {
	spoilt := make([][]byte, len(vec))
	for i, mac := range vec {
		if spoilt[i] = mac; i != spared {
			spoilt[i] = byzantine.Flipped(mac)
		}
	}
	return spoilt
}

// mutate reports a candidate of the right timestamp with another nonce, or with another MAC of the timestamp (B7).
func mutate(p byzantine.Part, reply protocols.Message) protocols.Message {
	switch ack := reply.Body.(type) {
	case *mpowerstore.CollectAck:
		c := ack.Candidate
		if p.Dice.Roll(2) == 0 {
			c.Nonce = byzantine.Flipped(c.Nonce)
		} else {
			c.TS.MAC = byzantine.Flipped(c.TS.MAC)
		}
		return collected(c)
	case *mpowerstore.ClockAck:
		ts := ack.TS
		ts.MAC = byzantine.Flipped(ts.MAC)
		return protocols.Message{Body: &mpowerstore.ClockAck{TS: ts}}
	}
	return reply
}

// elsewhere answers FILTER with a timestamp that was not among the candidates, without what it should have stored, or
// with a history that was pruned elsewhere than it was (B10).
func elsewhere(p byzantine.Part, reply protocols.Message) protocols.Message {
	ack := reply.Body.(*mpowerstore.FilterAck)
	lie := *ack
	reply.Body = &lie
	switch p.Dice.Roll(7) {
	case 1:
		lie.TS.Num++
	case 2:
		lie.TS.Num += byzantine.Ahead
	case 3:
		lie.Entry = nil
	case 4:
		reply.Payload = nil
	case 5:
		lie.Horizon.Num += byzantine.Ahead
	case 6:
		lie.Top = topped(p, ack)
	}
	return reply
}

// topped is a candidate that the server claims to have adopted: any that the attackers have seen, or one of its own
// making, each time another.
func topped(p byzantine.Part, ack *mpowerstore.FilterAck) *candidate {
	if all := known(p); len(all) > 0 && p.Dice.Roll(2) == 0 {
		return &all[p.Dice.Roll(len(all))]
	}
	if ack.Entry == nil {
		return nil
	}
	c := shaped(p, candidate{TS: ack.Entry.TS, Vec: ack.Entry.Vec})
	c.TS.Num += uint64(1 + p.Dice.Roll(byzantine.Ahead))
	return &c
}
