package byzantine

import (
	"bytes"
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/protocols/powerstore"
	"github.com/powbench/powbench/protocols/suite"
	"github.com/powbench/powbench/protocols/targeted"
)

// candidate is one that the attackers know of, with its key.
type candidate struct {
	key protocols.Key
	mpowerstore.Candidate
}

// candidates are those that the loot tells of. From a STORE, whose nonce is still secret, it makes one with a wrong
// nonce.
func (p Part) candidates() (all []candidate) {
	for _, s := range p.Loot.all() {
		switch m := s.body.(type) {
		case *mpowerstore.Store:
			c := mpowerstore.Candidate{TS: m.Entry.TS, Vec: m.Entry.Vec, Nonce: p.nonce(m.Entry.Commitment)}
			all = append(all, candidate{s.key, c})
		case *mpowerstore.Complete:
			all = append(all, candidate{s.key, m.Candidate})
		case *mpowerstore.Repair:
			all = append(all, candidate{s.key, m.Candidate})
		case *mpowerstore.Filter:
			for _, c := range m.Candidates {
				all = append(all, candidate{s.key, c})
			}
		case *powerstore.Store:
			c := powerstore.Candidate{TS: m.Entry.TS, Nonce: p.nonce(m.Entry.Commitment)}
			all = append(all, candidate{s.key, multi(c)})
		case *powerstore.Complete:
			all = append(all, candidate{s.key, multi(m.Candidate)})
		case *powerstore.Filter:
			for _, c := range m.Candidates {
				all = append(all, candidate{s.key, multi(c)})
			}
		}
	}
	return all
}

// shape is how long the protocol's candidates are: nonces in bytes, vectors in MACs.
func (p Part) shape() (nonce, macs int) {
	protocol := p.Protocol
	if few, ok := protocol.(targeted.Protocol); ok {
		protocol = few.Protocol
	}
	if proven, ok := protocol.(interface {
		CandidateShape(t int, s suite.Suite) (nonce, macs int)
	}); ok {
		return proven.CandidateShape(p.T, p.Suite)
	}
	return 0, 0
}

// nonce is a wrong one of the right length, made from what is at hand.
func (p Part) nonce(from []byte) []byte {
	length, _ := p.shape()
	return append(flipped(from), bytes.Repeat([]byte{0x5a}, length)...)[:length]
}

// shapely is the candidate with a nonce and a vector as long as they should be.
func (p Part) shapely(c mpowerstore.Candidate) mpowerstore.Candidate {
	nonce, macs := p.shape()
	if len(c.Nonce) != nonce {
		c.Nonce = p.nonce(c.Nonce)
	}
	if len(c.Vec) != macs {
		c.Vec = slices.Repeat([][]byte{bytes.Repeat([]byte{0x5a}, p.Suite.HashSize())}, macs)
	}
	return c
}

// shapen gives what was made up in a reply the lengths that a reader expects.
func (p Part) shapen(reply protocols.Body) {
	switch ack := reply.(type) {
	case *mpowerstore.CollectAck:
		ack.Candidate = p.shapely(ack.Candidate)
	case *powerstore.CollectAck:
		for i, c := range ack.Candidates {
			ack.Candidates[i] = single(p.shapely(multi(c)))
		}
	case *mpowerstore.FilterAck:
		if _, macs := p.shape(); ack.Entry != nil && macs == 0 { // no vector, and nothing to commit to
			ack.Entry.Vec, ack.Entry.Commitment = nil, nil
		}
	}
}
