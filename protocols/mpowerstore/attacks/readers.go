package attacks

import (
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/mpowerstore"
)

type reader = byzantine.Hostile[candidate]

// learn is the candidate that a server reports.
func learn(reply protocols.Message) []byzantine.Find[candidate] {
	ack, ok := reply.Body.(*mpowerstore.CollectAck)
	if !ok || ack.Candidate.TS.IsZero() {
		return nil
	}
	return []byzantine.Find[candidate]{{TS: ack.Candidate.TS.Timestamp, What: ack.Candidate}}
}

// flood has the servers filter as many invented candidates as they let pass (R1).
func flood(h *reader, _ protocols.Key, _ int) protocols.Message {
	return filterInvented(h, h.Servers())
}

// overflow has them filter more than any of the variants allows (R6).
func overflow(h *reader, _ protocols.Key, _ int) protocols.Message {
	return filterInvented(h, 2*h.Servers()+1)
}

// filterInvented has a server filter candidates that no writer issued.
func filterInvented(h *reader, n int) protocols.Message {
	candidates := make([]candidate, n)
	for i := range candidates {
		ts, junk := h.Invented()
		mac := junk[:h.Suite.HashSize()]
		candidates[i] = shaped(h.Part, candidate{TS: mpowerstore.TS{Timestamp: ts, MAC: mac}, Nonce: junk})
	}
	return protocols.Message{Body: &mpowerstore.Filter{Candidates: candidates}}
}

// early writes the newest candidate that any server reported back to some servers only, be it complete or not, and at
// times with another MAC of its timestamp (R3).
func early(h *reader, key protocols.Key, _ int) protocols.Message {
	c, ok := h.Newest(key, true)
	if !ok || h.Dice.Roll(2) == 0 {
		return protocols.Message{}
	}
	if h.Dice.Roll(2) == 1 {
		c.TS.MAC = byzantine.Flipped(c.TS.MAC)
	}
	return protocols.Message{Body: &mpowerstore.Repair{Candidate: c}}
}

// crossKey has a server filter under one key what is valid under another (R4).
func crossKey(h *reader, key protocols.Key, _ int) protocols.Message {
	c, ok := h.Newest(key, false)
	if !ok {
		return protocols.Message{}
	}
	return protocols.Message{Body: &mpowerstore.Filter{Candidates: []candidate{c}}}
}

// personal writes back to each server a candidate whose vector only this server accepts (R5).
func personal(h *reader, key protocols.Key, server int) protocols.Message {
	c, ok := h.Newest(key, true)
	if !ok {
		return protocols.Message{}
	}
	c.Vec = spoilt(c.Vec, server)
	return protocols.Message{Body: &mpowerstore.Repair{Candidate: c}}
}
