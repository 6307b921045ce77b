package powerstore

import (
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
)

// A Candidate is a write that may be complete: its timestamp and its nonce N (Algorithm 2, lines 19 and 20). The zero
// Candidate is c0.
type Candidate struct {
	TS    protocols.Timestamp
	Nonce []byte
}

// union appends to set what it does not contain. Sets may be large: a Byzantine reader decides.
func union(set, more []Candidate) []Candidate {
	type identity struct {
		ts    protocols.Timestamp
		nonce string
	}
	has := make(map[identity]bool, len(set)+len(more))
	for _, c := range set {
		has[identity{c.TS, string(c.Nonce)}] = true
	}
	for _, c := range more {
		if id := (identity{c.TS, string(c.Nonce)}); !has[id] {
			has[id], set = true, append(set, c)
		}
	}
	return set
}

// An Entry is a server's record of one STORE but for the fragment: Hist[ts] (Algorithm 2, line 21), where the fragment
// is the payload beside it.
type Entry struct {
	TS         protocols.Timestamp
	CC         dispersal.CrossChecksum
	Commitment []byte // N̄ = H(N)
}
