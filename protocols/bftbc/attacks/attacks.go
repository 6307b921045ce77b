// Package attacks holds what attackers forge in BFT-BC, which must withstand all of it. It imports byzantine and bftbc;
// catalog alone imports it.
package attacks

import (
	"bytes"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/bftbc"
	"github.com/powbench/powbench/protocols/byzantine"
)

// Playbook returns BFT-BC's.
func Playbook() byzantine.Playbook {
	return byzantine.Playbook{
		Protocol: "bftbc",
		Follow:   follow, Certificate: certificate,
		Lies: map[string]byzantine.Lie{
			"B4": byzantine.In[*bftbc.Newest](byzantine.Bogus),
			"B5": byzantine.In[*bftbc.Value](byzantine.Corrupted),
		},
		Readers: map[string]func(byzantine.Part, protocols.Register) protocols.Register{
			"R4": byzantine.Attacking(learn, crossKey),
		},
	}
}

// follow tells a WRITE of the certificate of another one, which is not written yet, as if a server had its value (Z4).
func follow(p byzantine.Part, last, reply protocols.Message) protocols.Message {
	m, ok := last.Body.(*bftbc.Write)
	if _, asked := reply.Body.(*bftbc.Newest); !asked || !ok {
		return reply
	}
	return protocols.Message{Body: &bftbc.Newest{Prepared: bftbc.Prepared{TS: m.TS, Hash: p.Suite.Hash(last.Payload), By: m.By}}}
}

// certificate is the PREPARE after another's certificates, or the WRITE with that of another (Z6).
func certificate(request, other protocols.Body) protocols.Body {
	switch m := request.(type) {
	case *bftbc.Prepare:
		o, changed := other.(*bftbc.Prepare), *m
		changed.Max, changed.Last = o.Max, o.Last
		return &changed
	case *bftbc.Write:
		return &bftbc.Write{TS: m.TS, By: other.(*bftbc.Write).By}
	}
	return request
}

// learn makes of a server's value the WRITE that writes it back.
func learn(reply protocols.Message) []byzantine.Find[protocols.Message] {
	v, ok := reply.Body.(*bftbc.Value)
	if !ok {
		return nil
	}
	write := protocols.Message{Body: &bftbc.Write{TS: v.TS, By: v.By}, Payload: bytes.Clone(reply.Payload)}
	return []byzantine.Find[protocols.Message]{{TS: v.TS, What: write}}
}

// crossKey writes back under one key what is certified under another (R4).
func crossKey(h *byzantine.Hostile[protocols.Message], key protocols.Key, _ int) protocols.Message {
	for _, f := range h.Known {
		if f.Key != key && !f.TS.IsZero() {
			return f.What
		}
	}
	return protocols.Message{}
}
