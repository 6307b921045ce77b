package mpowerstore

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/candidates"
	"github.com/powbench/powbench/protocols/dispersal"
	"github.com/powbench/powbench/protocols/wire"
)

// A TS is a timestamp that proves, by a MAC under k_W, that a writer issued it (Algorithm 4, line 82). The embedded
// number and process id alone order timestamps and index the history.
type TS struct {
	protocols.Timestamp
	MAC []byte
}

// Same reports whether ts and o are the same including the MAC (D2).
func (ts TS) Same(o TS) bool { return ts.Equal(o.Timestamp) && bytes.Equal(ts.MAC, o.MAC) }

// A Candidate is a write that may be complete: its timestamp, its nonce N and the vector of MACs, one for each server,
// that proves N without the history (Algorithm 5, line 110). The zero Candidate is c0.
type Candidate struct {
	TS    TS
	Nonce []byte
	Vec   [][]byte
}

// Stamp implements candidates.Stamped.
func (c Candidate) Stamp() protocols.Timestamp { return c.TS.Timestamp }

// Same reports whether c and o agree in everything (D1): candidates that share a timestamp may still differ.
func (c Candidate) Same(o Candidate) bool {
	return c.TS.Same(o.TS) && bytes.Equal(c.Nonce, o.Nonce) && sameVec(c.Vec, o.Vec)
}

// An Entry is a server's record of one STORE, Hist[ts] (Algorithm 5, line 111), apart from the fragment, which is the
// payload beside it.
type Entry struct {
	TS         TS
	CC         dispersal.CrossChecksum
	Commitment []byte // N̄ = H(N), or what a variant's proof has in its place
	Vec        [][]byte
}

// Same reports whether e and o stem from the same STORE.
func (e *Entry) Same(o *Entry) bool {
	return e.TS.Same(o.TS) && e.CC.Equal(o.CC) && bytes.Equal(e.Commitment, o.Commitment) && sameVec(e.Vec, o.Vec)
}

// Checksum implements candidates.Entry.
func (e *Entry) Checksum() dispersal.CrossChecksum { return e.CC }

// with returns the entry with another commitment.
func (e *Entry) with(commitment []byte) *Entry {
	return &Entry{TS: e.TS, CC: e.CC, Commitment: commitment, Vec: e.Vec}
}

// candidate is the entry's candidate once its nonce is known, with the vector that the writer stored beforehand.
func (e *Entry) candidate(nonce []byte) Candidate {
	return Candidate{TS: e.TS, Nonce: nonce, Vec: e.Vec}
}

func sameVec(a, b [][]byte) bool { return slices.EqualFunc(a, b, bytes.Equal) }

// The bodies. Fragments travel beside them, as the payload of Store and FilterAck. Fields that serve a variant alone are
// empty in the paper's protocol.
type (
	// Clock asks for the timestamp of the last completed write.
	Clock struct{}
	// ClockAck is the answer to Clock.
	ClockAck struct {
		TS TS
	}
	// Store puts an entry and, as payload, the server's fragment into the history.
	Store struct {
		Entry Entry
	}
	// StoreAck is the answer to Store.
	StoreAck struct{}
	// Complete reveals the nonce of a write that a quorum has stored.
	Complete struct {
		Candidate Candidate
	}
	// CompleteAck is the answer to Complete.
	CompleteAck struct{}
	// Collect asks for the last completed write.
	Collect struct{}
	// CollectAck is the answer to Collect: lc.
	CollectAck struct {
		Candidate Candidate
	}
	// Filter writes candidates back, 1 to S of them, and asks for what is stored of the highest valid one.
	Filter struct {
		Candidates []Candidate
		Brief      bool // variant lean: the fragment is not wanted
	}
	// FilterAck is the answer to Filter: the timestamp of the highest valid candidate, ts0 if there is none, with the
	// entry and, as payload, the fragment of it. Entry is nil if the server does not hold them.
	FilterAck struct {
		TS      protocols.Timestamp
		Entry   *Entry
		Horizon protocols.Timestamp // variant bounded: the highest timestamp that the server has pruned
		Top     *Candidate          // variant bounded: the server's lc, if that is higher than TS
	}
	// Repair writes back a candidate whose vector of MACs was restored.
	Repair struct {
		Candidate Candidate
	}
	// RepairAck is the answer to Repair.
	RepairAck struct{}
)

// The kinds of messages are numbered in the order of the rounds: CLOCK, STORE and COMPLETE belong to a WRITE, COLLECT, FILTER and
// REPAIR to a READ.

func (*Clock) Kind() protocols.Kind       { return 1 }
func (*ClockAck) Kind() protocols.Kind    { return 2 }
func (*Store) Kind() protocols.Kind       { return 3 }
func (*StoreAck) Kind() protocols.Kind    { return 4 }
func (*Complete) Kind() protocols.Kind    { return 5 }
func (*CompleteAck) Kind() protocols.Kind { return 6 }
func (*Collect) Kind() protocols.Kind     { return 7 }
func (*CollectAck) Kind() protocols.Kind  { return 8 }
func (*Filter) Kind() protocols.Kind      { return 9 }
func (*FilterAck) Kind() protocols.Kind   { return 10 }
func (*Repair) Kind() protocols.Kind      { return 11 }
func (*RepairAck) Kind() protocols.Kind   { return 12 }

var newBody = wire.Bodies(
	&Clock{}, &ClockAck{}, &Store{}, &StoreAck{}, &Complete{}, &CompleteAck{}, &Collect{}, &CollectAck{},
	&Filter{}, &FilterAck{}, &Repair{}, &RepairAck{},
)

// NewBody implements protocols.Protocol.
func (Protocol) NewBody(kind protocols.Kind) protocols.Body { return newBody(kind) }

// params is what all processes know. The shapes below are those of what correct ones send. Servers and readers check
// them alike: if a server refused a candidate that a reader accepts, one Byzantine server could keep the reader from
// ever ending.
type params struct {
	candidates.Params
	proof      Proof
	shape      Shape // of the proofs
	filterable int   // candidates that FILTER may carry
}

// issued reports whether ts has the shape of a timestamp that a writer issued, which ts0 has not.
func (p params) issued(ts TS) bool {
	return ts.Num > 0 && ts.PID > 0 && len(ts.MAC) == p.Suite.HashSize()
}

// Written reports whether c has the shape of the candidate of a write, which c0 has not.
func (p params) Written(c Candidate) bool {
	return p.issued(c.TS) && len(c.Nonce) == p.shape.Nonce && p.isVec(c.Vec)
}

func (p params) unwritten(c Candidate) bool { return !p.Written(c) }

// misfit describes a candidate that has not the shape: proofs of another t or kind have other lengths.
func (p params) misfit(c Candidate) string {
	return fmt.Sprintf("a candidate of timestamp %v with a proof of %d bytes and %d MACs; for t = %d they are %d and %d: "+
		"give servers and clients the same t and protocol", c.TS.Timestamp, len(c.Nonce), len(c.Vec), p.T, p.shape.Nonce, p.shape.MACs)
}

// isEntry reports whether e has the shape of a history entry with a commitment of so many bytes.
func (p params) isEntry(e *Entry, commitment int) bool {
	return p.issued(e.TS) && p.Data.WellFormed(e.CC) && len(e.Commitment) == commitment && p.isVec(e.Vec)
}

func (p params) isVec(vec [][]byte) bool {
	return len(vec) == p.shape.MACs &&
		!slices.ContainsFunc(vec, func(mac []byte) bool { return len(mac) != p.Suite.HashSize() })
}
