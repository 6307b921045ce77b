package model

import (
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/avid"
	"github.com/powbench/powbench/protocols/catalog"
)

// AVID's servers send each other two votes each; those that hear from 2t others before they hear from the client, one.
func TestBetween(t *testing.T) {
	for faults := 1; faults <= 4; faults++ {
		others, fragment := 3*faults, checked/(faults+1)
		count := func(prompt bool, fingerprints bool) Message {
			t.Helper()
			cost, err := Count(Case{
				Protocol: avid.Protocol{Fingerprints: fingerprints}, Suite: "modern", T: faults, Op: protocols.Write, ValueBytes: checked,
				Writes: 1, Prompt: prompt,
			})
			if err != nil {
				t.Fatal(err)
			}
			return cost.Between()
		}
		for prompt, messages := range map[bool]int{false: (6*faults + 2) * others, true: (5*faults + 1) * others} {
			m := count(prompt, false)
			if least, most := messages*fragment, messages*(fragment+8); m.Payload < least || m.Payload > most {
				t.Errorf("t = %d, prompt %v: %d bytes of fragments, want %d of %d bytes", faults, prompt, m.Payload, messages, fragment)
			}
			if rest := float64(m.Bytes-m.Payload) / float64(messages); rest < 100 || rest > float64(200+50*others) {
				t.Errorf("t = %d, prompt %v: %.0f bytes a message beside fragments", faults, prompt, rest)
			}
			if fp := count(prompt, true); fp.Payload != 0 || fp.Bytes <= m.Bytes-m.Payload {
				t.Errorf("t = %d, prompt %v: with fingerprints servers send %+v, without %+v", faults, prompt, fp, m)
			}
		}
	}
}

// Whether servers hear from each other early changes nothing where they do not talk.
func TestPromptElsewhere(t *testing.T) {
	for _, p := range catalog.All() {
		if p.Traits(1).Peers {
			continue
		}
		c := Case{Protocol: p, Suite: "modern", T: 1, Op: protocols.Write, ValueBytes: 1000, Writes: 1}
		at, err := Count(c)
		if err != nil {
			t.Fatal(err)
		}
		c.Prompt = true
		prompt, err := Count(c)
		if err != nil {
			t.Fatal(err)
		}
		if at.Bytes() != prompt.Bytes() || prompt.Between() != (Message{}) {
			t.Errorf("%s: %v, prompt %v and %v between", protocols.NameOf(p), at.Bytes(), prompt.Bytes(), prompt.Between())
		}
	}
}
