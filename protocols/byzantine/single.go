package byzantine

import (
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/protocols/powerstore"
)

// Attackers keep the candidates of PoWerStore as those of M-PoWerStore without MACs.

func multi(c powerstore.Candidate) mpowerstore.Candidate {
	return mpowerstore.Candidate{TS: mpowerstore.TS{Timestamp: c.TS}, Nonce: c.Nonce}
}

func single(c mpowerstore.Candidate) powerstore.Candidate {
	return powerstore.Candidate{TS: c.TS.Timestamp, Nonce: c.Nonce}
}

// collected answers PoWerStore's COLLECT with one candidate.
func collected(c powerstore.Candidate) protocols.Message {
	return protocols.Message{Body: &powerstore.CollectAck{Candidates: []powerstore.Candidate{c}}}
}

// filter has a server filter the candidates, of either protocol.
func (p Part) filter(candidates ...mpowerstore.Candidate) protocols.Message {
	if p.Protocol.Traits(1).Writers != protocols.One {
		return protocols.Message{Body: &mpowerstore.Filter{Candidates: candidates}}
	}
	f := &powerstore.Filter{}
	for _, c := range candidates {
		f.Candidates = append(f.Candidates, single(c))
	}
	return protocols.Message{Body: f}
}

// writeBack has a server take the candidate, if it is valid: by REPAIR or, where there is none, by FILTER.
func (p Part) writeBack(c mpowerstore.Candidate) protocols.Message {
	if p.Protocol.Traits(1).Writers == protocols.One {
		return p.filter(c)
	}
	return protocols.Message{Body: &mpowerstore.Repair{Candidate: c}}
}

// mutateOne reports the newest candidate of a PoWerStore server with another nonce (B7).
func mutateOne(ack *powerstore.CollectAck) protocols.Message {
	c := ack.Candidates[len(ack.Candidates)-1]
	c.Nonce = flipped(c.Nonce)
	return collected(c)
}

// elsewhereOne is elsewhere for PoWerStore (B10).
func elsewhereOne(p Part, ack *powerstore.FilterAck, fragment []byte) protocols.Message {
	lie := powerstore.FilterAck{TS: ack.TS, CC: ack.CC}
	switch p.Dice.Roll(5) {
	case 1:
		lie.TS = protocols.Timestamp{Num: ack.TS.Num + 1, PID: 1}
	case 2:
		lie.TS = protocols.Timestamp{Num: ack.TS.Num + ahead, PID: 1}
	case 3:
		lie.CC = nil
	case 4:
		fragment = nil
	}
	return protocols.Message{Body: &lie, Payload: fragment}
}
