package result

import (
	"cmp"
	"fmt"
	"strings"
)

// A Series is a system, an operation and their circumstances, measured under one load or several.
type Series struct {
	Protocol   string `json:"protocol"`
	Variant    string `json:"variant,omitempty"` // Paper unless it is an ablation
	Suite      string `json:"suite"`
	Durability string `json:"durability"`
	Op         string `json:"op"`          // OpRead, OpWrite or a Mix
	T          int    `json:"t"`           // failure threshold
	ValueBytes int    `json:"value_bytes"` // size of a value; with Sizes the mean of their distribution, rounded
	// SlowServer is the rate of the first server's link, each direction, where it differs from that of all others.
	SlowServer Rate `json:"slow_server,omitempty"`
	// Auth is TLS where it carries the connections; empty where they are in the clear, as in the paper.
	Auth  string `json:"auth,omitempty"`
	Sizes Sizes  `json:"sizes,omitzero"` // from which the size of each value is drawn
	// Attack is what t servers do from the beginning to the end, by its ID in the catalogue; empty: all are correct.
	Attack string `json:"attack,omitempty"`
}

// The operations.
const (
	OpRead  = "read"
	OpWrite = "write"
)

// Paper is the variant of a protocol that is as its paper says, and the suite of its cryptography. UsualDurability is
// the durability of a series that does not say.
const (
	Paper           = "paper"
	Modern          = "modern" // the suite of today
	Blake3          = "blake3" // the same with a faster hash
	UsualDurability = "write"
	NoDisk          = "memory" // the durability of records that are in no file
)

// How connections tell who is at their ends: not at all, except that writers and servers prove a key, or by TLS with certificates.
const (
	NoAuth = "none"
	TLS    = "tls"
)

// Pebble is the protocol of series in which no client takes part: servers' processes commit to their databases, alone, what
// servers of the protocol that is the variant would store.
const Pebble = "pebble"

// PebbleAlone reports whether the series is one of Pebble.
func (s Series) PebbleAlone() bool { return s.Protocol == Pebble }

// Null is the protocol of series that do no more than take the rounds and move the bytes of the protocol that is the variant.
const Null = "null"

// StoresNothing reports whether the series' servers keep nothing, so that durability makes no difference.
func (s Series) StoresNothing() bool { return s.Protocol == Null }

// FullName is the protocol with its variant, such as "mpowerstore+polynomial", as experiments name it.
func (s Series) FullName() string {
	if s.Variant == "" || s.Variant == Paper {
		return s.Protocol
	}
	return s.Protocol + "+" + s.Variant
}

// SplitName takes a FullName apart. The variant is Paper if the name has none.
func SplitName(name string) (protocol, variant string) {
	protocol, variant, _ = strings.Cut(name, "+")
	return protocol, cmp.Or(variant, Paper)
}

// String is the series' name in logs, such as mabd/read/t1/256KiB. Suite, durability, slow server, TLS and attack are in
// it if they are not the usual ones.
func (s Series) String() string {
	size := Size(s.ValueBytes).String()
	if s.Sizes.Asked() {
		size = s.Sizes.name()
	}
	return fmt.Sprintf("%s/%s/t%d/%s%s", s.FullName(), s.opName(), s.T, size, s.Unusual())
}

// Size is how large values are, as plans show it.
func (s Series) Size() string {
	if s.Sizes.Asked() {
		return s.Sizes.String()
	}
	return Size(s.ValueBytes).String()
}

// Unusual is suite, durability, slow server, TLS and attack, each after a slash, as far as they are not the usual ones.
func (s Series) Unusual() (text string) {
	if s.Suite != Paper {
		text += "/" + s.Suite
	}
	if s.Durability != UsualDurability {
		text += "/" + s.Durability
	}
	if s.SlowServer != 0 {
		text += "/slow" + s.SlowServer.String()
	}
	if s.Auth != "" {
		text += "/" + s.Auth
	}
	if s.Attack != "" {
		text += "/" + s.Attack
	}
	return text
}

// A Load is how many clients there are, on all hosts together, and what makes them begin operations.
type Load struct {
	Clients int    `json:"clients"` // 0 in an experiment: as many as a search finds to saturate the series
	Arrival string `json:"arrival"` // Closed, also if empty, Poisson or Fixed
	// Rate is that of an open loop, in operations per second, all hosts together; 0 in an experiment: the highest that keeps its
	// objective.
	Rate   float64 `json:"rate,omitempty"`
	Owed   string  `json:"owed,omitempty"`   // what clients do about owed replies: Waited, also if empty, or Ignored
	Record string  `json:"record,omitempty"` // what clients record of operations: Everything, also if empty, or Alternating
}

// What a client does, before it begins an operation, about the replies that servers owe to operations that have ended.
const (
	Waited  = "waited"  // for servers that owe too much; docs/results.md has the rule
	Ignored = "ignored" // so that only quorums hold a load back
)

// What clients record of the operations of a load.
const (
	Everything  = "everything"  // a history to check, and latencies
	Alternating = "alternating" // everything and nothing in turn; the history, which lacks operations, is not checked
)

// Alternates reports whether clients record operations in turn only.
func (l Load) Alternates() bool { return l.Record == Alternating }

// Ignores reports whether clients begin operations whatever servers owe.
func (l Load) Ignores() bool { return l.Owed == Ignored }

// RateSought reports whether the rate of an open loop is still to be found.
func (l Load) RateSought() bool { return l.Open() && l.Rate == 0 }

// The ways in which operations arrive.
const (
	Closed  = "closed"  // each client begins the next operation when its last has ended
	Poisson = "poisson" // independently of each other: exponential gaps
	Fixed   = "fixed"   // at equal distances
)

// Open reports whether operations arrive by themselves.
func (l Load) Open() bool { return l.Arrival != "" && l.Arrival != Closed }

// The models by which clients choose their keys.
const (
	Uniform = "uniform" // all clients draw from the same keys
	Hot     = "hot"     // each client has a key of its own, and all share key 0
	Zipf    = "zipf"    // all clients draw from the same keys, by Zipf's law: key 0 most often, then key 1 …
)

// The topologies of a testbed.
const (
	SharedHost = "shared-host" // all servers on one host, as in the paper
	Spread     = "spread"      // each server on its own
	Loopback   = "loopback"    // servers and clients on 127.0.0.1, without links
)
