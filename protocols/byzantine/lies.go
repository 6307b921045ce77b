package byzantine

import (
	"bytes"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/mabd"
	"github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/protocols/phalanx"
	"github.com/powbench/powbench/protocols/powerstore"
)

// bogus claims, wherever it is asked for timestamps, one far ahead of all that was written (B3).
func bogus(p Part, reply protocols.Message) protocols.Message { return p.bogus(reply) }

// inflateClock does so only where a WRITE asks for the time (B4).
func inflateClock(p Part, reply protocols.Message) protocols.Message {
	switch reply.Body.(type) {
	case *mpowerstore.ClockAck, *mabd.GetTSAck, *phalanx.GetTSAck:
		return p.bogus(reply)
	}
	return reply
}

// corrupt changes a little of what a READ is sent: of any protocol whatever brings data (B5).
func corrupt(p Part, reply protocols.Message) protocols.Message {
	switch reply.Body.(type) {
	case *powerstore.FilterAck, *mpowerstore.FilterAck, *mpowerstore.FetchAck, *mabd.GetAck, *phalanx.GetAck:
		return p.corrupted(reply)
	}
	if len(reply.Payload) > 0 {
		return p.corrupted(reply)
	}
	return reply
}

// spoilVector spoils the vector of MACs of the candidate it reports (B6).
func spoilVector(_ Part, reply protocols.Message) protocols.Message {
	ack, ok := reply.Body.(*mpowerstore.CollectAck)
	if !ok || ack.Candidate.Vec == nil {
		return reply
	}
	c := ack.Candidate
	c.Vec = spoilt(c.Vec, -1)
	return protocols.Message{Body: &mpowerstore.CollectAck{Candidate: c}}
}

// spoilt is the vector with all MACs wrong but that of one server; -1 spares none.
func spoilt(vec [][]byte, spared int) [][]byte {
	spoilt := make([][]byte, len(vec))
	for i, mac := range vec {
		if spoilt[i] = mac; i != spared {
			spoilt[i] = flipped(mac)
		}
	}
	return spoilt
}

// flipped is b with one bit changed.
func flipped(b []byte) []byte {
	b = bytes.Clone(b)
	if len(b) > 0 {
		b[len(b)/2] ^= 0x10
	}
	return b
}

// mutate reports a candidate of the right timestamp with another nonce, or with another MAC of the timestamp (B7).
func mutate(p Part, reply protocols.Message) protocols.Message {
	switch ack := reply.Body.(type) {
	case *mpowerstore.CollectAck:
		c := ack.Candidate
		if p.Dice.Roll(2) == 0 {
			c.Nonce = flipped(c.Nonce)
		} else {
			c.TS.MAC = flipped(c.TS.MAC)
		}
		return protocols.Message{Body: &mpowerstore.CollectAck{Candidate: c}}
	case *mpowerstore.ClockAck:
		ts := ack.TS
		ts.MAC = flipped(ts.MAC)
		return protocols.Message{Body: &mpowerstore.ClockAck{TS: ts}}
	case *powerstore.CollectAck:
		return mutateOne(ack)
	}
	return reply
}

// malform sends what cannot be decoded, what has no kind, or far more than was asked for (B9).
func malform(p Part, reply protocols.Message) protocols.Message {
	switch p.Dice.Roll(5) {
	case 1:
		return protocols.Message{Body: &Malformed{As: reply.Body.Kind(), Text: "malformed"}}
	case 2:
		return protocols.Message{Body: &Malformed{As: protocols.Kind(200 + p.Dice.Roll(50)), Text: "unknown", Nested: [][]string{{"?"}}}}
	case 3:
		return protocols.Message{Payload: []byte("a reply without a body")}
	case 4:
		return protocols.Message{Body: &Malformed{As: reply.Body.Kind(), Text: "oversized"}, Payload: make([]byte, 64<<10)}
	}
	return reply
}

// elsewhere answers FILTER with what was not among the candidates, without what it should have stored, or with a history
// that was pruned elsewhere than it was (B10).
func elsewhere(p Part, reply protocols.Message) protocols.Message {
	if ack, ok := reply.Body.(*powerstore.FilterAck); ok {
		return elsewhereOne(p, ack, reply.Payload)
	}
	ack, ok := reply.Body.(*mpowerstore.FilterAck)
	if !ok {
		return reply
	}
	lie := *ack
	switch p.Dice.Roll(7) {
	case 1:
		lie.TS.Num++
	case 2:
		lie.TS.Num += ahead
	case 3:
		lie.Entry = nil
		return protocols.Message{Body: &lie, Payload: reply.Payload}
	case 4:
		return protocols.Message{Body: &lie}
	case 5:
		lie.Horizon.Num += ahead
	case 6:
		lie.Top = p.topped(ack)
	}
	return protocols.Message{Body: &lie, Payload: reply.Payload}
}

// topped is a candidate that the server claims to have adopted: any that the attackers have seen, or one of its own
// making, each time another.
func (p Part) topped(ack *mpowerstore.FilterAck) *mpowerstore.Candidate {
	if known := p.candidates(); len(known) > 0 && p.Dice.Roll(2) == 0 {
		return &known[p.Dice.Roll(len(known))].Candidate
	}
	if ack.Entry == nil {
		return nil
	}
	c := p.shapely(mpowerstore.Candidate{TS: ack.Entry.TS, Vec: ack.Entry.Vec})
	c.TS.Num += uint64(1 + p.Dice.Roll(ahead))
	return &c
}

// replay reports a candidate that the attackers have seen, of whatever key, with a nonce of its own where that is not
// known yet.
func replay(p Part, reply protocols.Message) protocols.Message {
	known := p.candidates()
	if len(known) == 0 {
		return reply
	}
	switch reply.Body.(type) {
	case *mpowerstore.CollectAck:
		c := known[p.Dice.Roll(len(known))]
		return protocols.Message{Body: &mpowerstore.CollectAck{Candidate: c.Candidate}}
	case *powerstore.CollectAck:
		return collected(single(known[p.Dice.Roll(len(known))].Candidate))
	}
	return reply
}
