package mpowerstore

import (
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/wire"
)

// The kinds of messages, in the order of the rounds: CLOCK, STORE and COMPLETE are a WRITE's, COLLECT, FILTER and
// REPAIR a READ's.
const (
	kindClock protocols.Kind = iota + 1
	kindClockAck
	kindStore
	kindStoreAck
	kindComplete
	kindCompleteAck
	kindCollect
	kindCollectAck
	kindFilter
	kindFilterAck
	kindRepair
	kindRepairAck
	kindFetch
	kindFetchAck
)

// The bodies. Fragments travel beside them, as the payload of Store and FilterAck.
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
	// Filter writes candidates back and asks for what is stored of the highest valid one. It carries 1 to S of them, or to
	// 2S where servers prune their history.
	Filter struct {
		Candidates []Candidate
		Brief      bool // the fragment is not wanted (variant Lean)
	}
	// FilterAck is the answer to Filter: the timestamp of the highest valid candidate, ts0 if there is none, with the
	// entry and, as payload, the fragment of it. Entry is nil if the server does not hold them. Where servers prune their
	// history, Horizon is the highest timestamp that this one has pruned, and Top its lc, if that is higher than TS.
	FilterAck struct {
		TS      protocols.Timestamp
		Entry   *Entry
		Horizon protocols.Timestamp
		Top     *Candidate
	}
	// Fetch asks for the fragment stored under the timestamp (variant Lean).
	Fetch struct {
		TS protocols.Timestamp
	}
	// FetchAck is the answer to Fetch, with the fragment as payload, if the server holds it.
	FetchAck struct{}
	// Repair writes back a candidate whose vector of MACs was restored.
	Repair struct {
		Candidate Candidate
	}
	// RepairAck is the answer to Repair.
	RepairAck struct{}
)

// Kind implements protocols.Body.
func (*Clock) Kind() protocols.Kind { return kindClock }

// Kind implements protocols.Body.
func (*ClockAck) Kind() protocols.Kind { return kindClockAck }

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

// Kind implements protocols.Body.
func (*Repair) Kind() protocols.Kind { return kindRepair }

// Kind implements protocols.Body.
func (*RepairAck) Kind() protocols.Kind { return kindRepairAck }

// Kind implements protocols.Body.
func (*Fetch) Kind() protocols.Kind { return kindFetch }

// Kind implements protocols.Body.
func (*FetchAck) Kind() protocols.Kind { return kindFetchAck }

var newBody = wire.Bodies(
	&Clock{}, &ClockAck{}, &Store{}, &StoreAck{}, &Complete{}, &CompleteAck{}, &Collect{}, &CollectAck{},
	&Filter{}, &FilterAck{}, &Repair{}, &RepairAck{}, &Fetch{}, &FetchAck{},
)

// NewBody implements protocols.Protocol.
func (Protocol) NewBody(kind protocols.Kind) protocols.Body { return newBody(kind) }
