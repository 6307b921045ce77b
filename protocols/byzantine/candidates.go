package byzantine

import (
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/protocols/powerstore"
)

// candidate is one that the attackers know of, with its key.
type candidate struct {
	key protocols.Key
	mpowerstore.Candidate
}

// candidates are those that the loot tells of. From a STORE, whose nonce is still secret, it makes one with a wrong
// nonce.
func (l *Loot) candidates() (all []candidate) {
	for _, s := range l.all() {
		switch m := s.body.(type) {
		case *mpowerstore.Store:
			c := mpowerstore.Candidate{TS: m.Entry.TS, Vec: m.Entry.Vec, Nonce: flipped(m.Entry.Commitment)}
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
			c := powerstore.Candidate{TS: m.Entry.TS, Nonce: flipped(m.Entry.Commitment)}
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
