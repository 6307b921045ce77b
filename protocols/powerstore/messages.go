package powerstore

import (
	"fmt"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/candidates"
	"github.com/powbench/powbench/protocols/dispersal"
	"github.com/powbench/powbench/protocols/pow"
	"github.com/powbench/powbench/protocols/wire"
)

// A Candidate is a write that may be complete: its timestamp and its nonce N (Algorithm 2, lines 19 and 20). The zero
// Candidate is c0.
type Candidate struct {
	TS    protocols.Timestamp
	Nonce []byte
}

// Stamp implements candidates.Stamped.
func (c Candidate) Stamp() protocols.Timestamp { return c.TS }

// An Entry is a server's record of one STORE, Hist[ts] (Algorithm 2, line 21), apart from the fragment, which is the
// payload beside it.
type Entry struct {
	TS         protocols.Timestamp
	CC         dispersal.CrossChecksum
	Commitment []byte // N̄ = H(N)
}

// The bodies. Fragments travel beside them, as the payload of Store and FilterAck.
type (
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
	// Collect asks for the last completed write and for what readers have written back.
	Collect struct{}
	// CollectAck is the answer to Collect: LC ∪ {lc}.
	CollectAck struct {
		Candidates []Candidate
	}
	// Filter writes candidates back, at least one, and asks for what is stored of the highest valid one.
	Filter struct {
		Candidates []Candidate
	}
	// FilterAck is the answer to Filter: the timestamp of the highest valid candidate with its cross-checksum and, as
	// payload, the server's fragment. If none is valid, it is ts0 and CC is nil.
	FilterAck struct {
		TS protocols.Timestamp
		CC *dispersal.CrossChecksum
	}
)

// Same reports whether both answers, which have a cross-checksum, tell of the same STORE.
func (a *FilterAck) Same(o *FilterAck) bool { return a.TS.Equal(o.TS) && a.CC.Equal(*o.CC) }

// Checksum implements candidates.Entry.
func (a *FilterAck) Checksum() dispersal.CrossChecksum { return *a.CC }

// The kinds of messages are numbered in the order of the rounds: STORE and COMPLETE belong to a WRITE, COLLECT and FILTER to a
// READ.

func (*Store) Kind() protocols.Kind       { return 1 }
func (*StoreAck) Kind() protocols.Kind    { return 2 }
func (*Complete) Kind() protocols.Kind    { return 3 }
func (*CompleteAck) Kind() protocols.Kind { return 4 }
func (*Collect) Kind() protocols.Kind     { return 5 }
func (*CollectAck) Kind() protocols.Kind  { return 6 }
func (*Filter) Kind() protocols.Kind      { return 7 }
func (*FilterAck) Kind() protocols.Kind   { return 8 }

var newBody = wire.Bodies(
	&Store{}, &StoreAck{}, &Complete{}, &CompleteAck{}, &Collect{}, &CollectAck{}, &Filter{}, &FilterAck{},
)

// NewBody implements protocols.Protocol.
func (Protocol) NewBody(kind protocols.Kind) protocols.Body { return newBody(kind) }

// params is what all processes know. The shapes below are those of what correct ones send. Servers and readers check
// them alike: if a server refused a candidate that a reader accepts, one Byzantine server could keep the reader from
// ever ending.
type params struct {
	candidates.Params
	pow pow.Scheme
}

// theWriter is the process id in all timestamps but ts0: there is one writer, and numbers alone order its writes.
const theWriter = 1

// issued reports whether ts has the shape of a timestamp that the writer issued, which ts0 has not.
func issued(ts protocols.Timestamp) bool { return ts.Num > 0 && ts.PID == theWriter }

// written reports whether c has the shape of the candidate of a write, which c0 has not.
func (p params) written(c Candidate) bool { return issued(c.TS) && len(c.Nonce) == p.pow.SecretSize() }

func (p params) unwritten(c Candidate) bool { return !p.written(c) }

// misfit describes a candidate that has not the shape: proofs of another t or kind have other lengths.
func (p params) misfit(c Candidate) string {
	return fmt.Sprintf("a candidate of timestamp %v with a proof of %d bytes; for t = %d it is %d: "+
		"give servers and clients the same t and protocol", c.TS, len(c.Nonce), p.T, p.pow.SecretSize())
}
