// Package attacks holds what attackers forge in Loft, which must withstand all of it. It imports byzantine and loft;
// catalog alone imports it.
package attacks

import (
	"bytes"
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/loft"
)

// Playbook returns Loft's.
func Playbook() byzantine.Playbook {
	return byzantine.Playbook{
		Protocol: "loft",
		Poison:   byzantine.Mixed(hashes),
		Lies: map[string]byzantine.Lie{
			"B4": byzantine.In[*loft.Found](byzantine.Bogus),
			"B5": byzantine.In[*loft.Version](byzantine.Corrupted),
			"B6": spoiltRow,
		},
		Readers: map[string]func(byzantine.Part, protocols.Register) protocols.Register{
			"R1": byzantine.Attacking(learn, flood),
			"R3": byzantine.Attacking(learn, early),
			"R4": byzantine.Attacking(learn, crossKey),
			"R5": byzantine.Attacking(learn, forged),
		},
		Certificate: certificate,
		Expect: map[string]byzantine.Expectation{
			"Z3": {Harm: byzantine.Exhaustion}, // U3
			"Z4": {Harm: byzantine.Lurking},    // anybody may commit what is prepared, and nothing bounds that
		},
	}
}

// hashes are those of all servers' fragments, by which a server knows its own.
func hashes(m *loft.Prepare) *[][]byte { return &m.Checksum.CC.Hashes }

// certificate is the COMMIT with the MACs of another (Z6).
func certificate(request, other protocols.Body) protocols.Body {
	m, ok := request.(*loft.Commit)
	if !ok {
		return request
	}
	return &loft.Commit{Time: m.Time, MACs: other.(*loft.Commit).MACs}
}

// spoiltRow spoils the MACs for some of the servers (B6).
func spoiltRow(p byzantine.Part, reply protocols.Message) protocols.Message {
	spoil := func(row [][]byte) [][]byte {
		row = slices.Clone(row)
		for i := range row {
			if p.Dice.Roll(2) == 0 {
				row[i] = byzantine.Flipped(row[i])
			}
		}
		return row
	}
	switch body := reply.Body.(type) {
	case *loft.Prepared:
		return protocols.Message{Body: &loft.Prepared{Row: spoil(body.Row)}}
	case *loft.Version:
		spoilt := *body
		if spoilt.Row != nil {
			spoilt.Row = spoil(body.Row)
		}
		return protocols.Message{Body: &spoilt, Payload: reply.Payload}
	}
	return reply
}

// A find is a version that a server told of, with the MACs of its row.
type find struct {
	version  loft.Version
	fragment []byte
}

// learn takes what a server has committed.
func learn(reply protocols.Message) []byzantine.Find[find] {
	v, ok := reply.Body.(*loft.Version)
	if !ok || v.Committed.TS.IsZero() {
		return nil
	}
	return []byzantine.Find[find]{{TS: v.Committed.TS, What: find{*v, bytes.Clone(reply.Payload)}}}
}

// junk is a MAC from each server that none made.
func junk(p byzantine.Part) [][]byte { return slices.Repeat([][]byte{p.Junk()}, p.Servers()) }

// flood commits versions that nobody wrote (R1).
func flood(h *byzantine.Hostile[find], _ protocols.Key, _ int) protocols.Message {
	ts, verifier := h.Invented()
	verifier = byzantine.Wrong(verifier, h.Suite.HashSize())
	return protocols.Message{Body: &loft.Commit{Time: loft.Time{TS: ts, Verifier: verifier}, MACs: junk(h.Part)}}
}

// early asks servers to prepare what was read before a quorum has it, as if it were written (R3).
func early(h *byzantine.Hostile[find], key protocols.Key, _ int) protocols.Message {
	found, ok := h.Newest(key, true)
	if !ok {
		return protocols.Message{}
	}
	m := &loft.Prepare{TS: found.version.Committed.TS, Checksum: found.version.Checksum, MACs: junk(h.Part)}
	return protocols.Message{Body: m, Payload: found.fragment}
}

// crossKey commits under one key what was read under another (R4).
func crossKey(h *byzantine.Hostile[find], key protocols.Key, _ int) protocols.Message {
	found, ok := h.Newest(key, false)
	if !ok {
		return protocols.Message{}
	}
	return protocols.Message{Body: &loft.Commit{Time: found.version.Committed, MACs: junk(h.Part)}}
}

// forged commits what was read under a later timestamp (R5).
func forged(h *byzantine.Hostile[find], key protocols.Key, _ int) protocols.Message {
	found, ok := h.Newest(key, true)
	if !ok {
		return protocols.Message{}
	}
	later := found.version.Committed
	later.TS.Num++
	return protocols.Message{Body: &loft.Commit{Time: later, MACs: junk(h.Part)}}
}
