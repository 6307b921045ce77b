package powerstore

import (
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
	"github.com/powbench/powbench/protocols/wire"
)

// The kinds of messages, in the order of the rounds: STORE and COMPLETE are a WRITE's, COLLECT and FILTER a READ's.
const (
	kindStore protocols.Kind = iota + 1
	kindStoreAck
	kindComplete
	kindCompleteAck
	kindCollect
	kindCollectAck
	kindFilter
	kindFilterAck
)

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
	// Filter writes candidates back and asks for what is stored of the highest valid one. It carries 1 or more.
	Filter struct {
		Candidates []Candidate
	}
	// FilterAck is the answer to Filter: the timestamp of the highest valid candidate with its cross-checksum and, as
	// payload, the server's fragment. If none is valid it is ts0 and CC is nil.
	FilterAck struct {
		TS protocols.Timestamp
		CC *dispersal.CrossChecksum
	}
)

// Kind implements protocols.Body.
func (*Store) Kind() protocols.Kind { return kindStore }

// Kind implements protocols.Body.
func (*StoreAck) Kind() protocols.Kind { return kindStoreAck }

// Kind implements protocols.Body.
func (*Complete) Kind() protocols.Kind { return kindComplete }

// Kind implements protocols.Body.
func (*CompleteAck) Kind() protocols.Kind { return kindCompleteAck }

// Kind implements protocols.Body.
func (*Collect) Kind() protocols.Kind { return kindCollect }

// Kind implements protocols.Body.
func (*CollectAck) Kind() protocols.Kind { return kindCollectAck }

// Kind implements protocols.Body.
func (*Filter) Kind() protocols.Kind { return kindFilter }

// Kind implements protocols.Body.
func (*FilterAck) Kind() protocols.Kind { return kindFilterAck }

var newBody = wire.Bodies(
	&Store{}, &StoreAck{}, &Complete{}, &CompleteAck{}, &Collect{}, &CollectAck{}, &Filter{}, &FilterAck{},
)

// NewBody implements protocols.Protocol.
func (Protocol) NewBody(kind protocols.Kind) protocols.Body { return newBody(kind) }
