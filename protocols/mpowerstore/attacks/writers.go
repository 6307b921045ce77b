package attacks

import (
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/mpowerstore"
)

// publish is the REPAIR by which a reader writes back what COMPLETE would have completed (Z4).
func publish(m protocols.Message) protocols.Message {
	return protocols.Message{Body: &mpowerstore.Repair{Candidate: m.Body.(*mpowerstore.Complete).Candidate}}
}

// certificate is the STORE with the vector of another, or the COMPLETE with nonce and vector of another (Z6).
func certificate(request, other protocols.Body) protocols.Body {
	switch m := request.(type) {
	case *mpowerstore.Store:
		changed := *m
		changed.Entry.Vec = other.(*mpowerstore.Store).Entry.Vec
		return &changed
	case *mpowerstore.Complete:
		o := other.(*mpowerstore.Complete).Candidate
		return &mpowerstore.Complete{Candidate: candidate{TS: m.Candidate.TS, Nonce: o.Nonce, Vec: o.Vec}}
	}
	return request
}

// hashes are those of all servers' fragments, by which a server knows its own.
func hashes(m *mpowerstore.Store) *[][]byte { return &m.Entry.CC.Hashes }
