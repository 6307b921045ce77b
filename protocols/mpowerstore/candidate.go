package mpowerstore

import (
	"bytes"
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
)

// A TS is a timestamp that proves, by a MAC under k_W, that a writer issued it (Algorithm 4, line 82). The embedded
// number and process id alone order timestamps and index the history.
type TS struct {
	protocols.Timestamp
	MAC []byte
}

// same reports whether ts and o are the same including the MAC (D2).
func (ts TS) same(o TS) bool {
	return ts.Equal(o.Timestamp) && bytes.Equal(ts.MAC, o.MAC)
}

// A Candidate is a write that may be complete: its timestamp, its nonce N and the vector of MACs, one for each server,
// that proves N without the history (Algorithm 5, line 110). The zero Candidate is c0.
type Candidate struct {
	TS    TS
	Nonce []byte
	Vec   [][]byte
}

// same reports whether c and o agree in everything (D1): those that share a timestamp may still differ.
func (c Candidate) same(o Candidate) bool {
	return c.TS.same(o.TS) && bytes.Equal(c.Nonce, o.Nonce) && sameVec(c.Vec, o.Vec)
}

// An Entry is a server's record of one STORE but for the fragment: Hist[ts] (Algorithm 5, line 111), where the
// fragment is the payload beside it.
type Entry struct {
	TS         TS
	CC         dispersal.CrossChecksum
	Commitment []byte // N̄ = H(N), or what another kind of proof has in its place
	Vec        [][]byte
}

// with is the entry with another commitment.
func (e *Entry) with(commitment []byte) *Entry {
	return &Entry{TS: e.TS, CC: e.CC, Commitment: commitment, Vec: e.Vec}
}

// same reports whether e and o stem from the same STORE.
func (e *Entry) same(o *Entry) bool {
	return e.TS.same(o.TS) && e.CC.Equal(o.CC) && bytes.Equal(e.Commitment, o.Commitment) && sameVec(e.Vec, o.Vec)
}

// candidate is the entry's candidate once its nonce is known: with the vector that the writer stored beforehand.
func (e *Entry) candidate(nonce []byte) Candidate {
	return Candidate{TS: e.TS, Nonce: nonce, Vec: e.Vec}
}

func sameVec(a, b [][]byte) bool { return slices.EqualFunc(a, b, bytes.Equal) }
