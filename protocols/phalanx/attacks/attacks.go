// Package attacks holds what attackers forge in Phalanx, which must withstand all of it. It imports byzantine and phalanx;
// catalog alone imports it.
package attacks

import (
	"bytes"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/phalanx"
)

// Playbook returns Phalanx's.
func Playbook() byzantine.Playbook {
	return byzantine.Playbook{
		Protocol: "phalanx",
		Lies: map[string]byzantine.Lie{
			"B4": byzantine.In[*phalanx.GetTSAck](byzantine.Bogus),
			"B5": byzantine.In[*phalanx.GetAck](byzantine.Corrupted),
		},
		Expect: map[string]byzantine.Expectation{ // writers are trusted
			"Z2": {Harm: byzantine.Stale, Beyond: true}, "Z3": {Harm: byzantine.Exhaustion, Beyond: true},
			"Z4": {Harm: byzantine.Lurking, Beyond: true},
		},
		Certificate: certificate,
		Readers: map[string]func(byzantine.Part, protocols.Register) protocols.Register{
			"R4": byzantine.Attacking(learn, crossKey),
		},
	}
}

// certificate is the PUT with the signature of another (Z6).
func certificate(request, other protocols.Body) protocols.Body {
	m, ok := request.(*phalanx.Put)
	if !ok {
		return request
	}
	return &phalanx.Put{TS: m.TS, Signature: other.(*phalanx.Put).Signature}
}

// learn makes of a server's value the PUT that writes it back.
func learn(reply protocols.Message) []byzantine.Find[protocols.Message] {
	ack, ok := reply.Body.(*phalanx.GetAck)
	if !ok {
		return nil
	}
	put := protocols.Message{Body: &phalanx.Put{TS: ack.TS, Signature: ack.Signature}, Payload: bytes.Clone(reply.Payload)}
	return []byzantine.Find[protocols.Message]{{TS: ack.TS, What: put}}
}

// crossKey writes back under one key what is signed under another (R4).
func crossKey(h *byzantine.Hostile[protocols.Message], key protocols.Key, _ int) protocols.Message {
	for _, f := range h.Known {
		if f.Key != key && !f.TS.IsZero() {
			return f.What
		}
	}
	return protocols.Message{}
}
