package result

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
)

// Verdict is the judgement of the history checkers.
type Verdict struct {
	Code       VerdictCode `json:"verdict"`
	Checker    string      `json:"checker"`
	Operations int64       `json:"operations"`
	Detail     string      `json:"detail,omitempty"`
}

// A VerdictCode says whether a history is linearizable.
type VerdictCode string

// The verdicts.
const (
	Linearizable VerdictCode = "ok"
	Violation    VerdictCode = "violation"
	Unknown      VerdictCode = "unknown" // it could not be checked; the detail says why
	NoHistory    VerdictCode = "none"    // the protocol keeps no values, or nothing was recorded: there is no history
)

// The resources that limit a point: its bottlenecks.
const (
	OfLink      = "link"
	OfClientCPU = "client-cpu" // the processors are full, and clients take more of them than servers
	OfServerCPU = "server-cpu" // the same with more for the servers; points of earlier versions call both cpu
	OfDisk      = "disk"
	OfLatency   = "latency" // nothing is full: more clients would give more
)

// Validity says whether a measurement counts, and if not, why.
type Validity struct {
	Valid         bool     `json:"valid"`
	Invalid       []Reason `json:"invalid,omitempty"` // all reasons, once each
	InvalidReason string   `json:"invalid_reason"`    // the same in words, separated by "; "
}

// A Reason is why a measurement does not count.
type Reason string

// The reasons of points and costs.
const (
	FailedOperations Reason = "failed-operations"
	NoOperations     Reason = "no-operations"      // none ended in the window
	TooFewOperations Reason = "too-few-operations" // ended in the window, for so many clients
	NotLinearizable  Reason = "history"            // or the history could not be checked
	LittlesLaw       Reason = "littles-law"        // throughput × latency is not the number of clients
	TransportTraffic Reason = "transport-traffic"  // the transport counted other bytes than the cost model
	InterfaceTraffic Reason = "interface-traffic"  // the servers' interfaces did
	PeerTraffic      Reason = "peer-traffic"       // servers exchanged other bytes than the cost model says
	BeyondSaturation Reason = "beyond-saturation"  // an open loop offers more than the system carries
	AboveBound       Reason = "above-bound"        // of what the links carry
	SlowDrain        Reason = "slow-drain"         // servers still owed replies long after the window
	OutOfRange       Reason = "out-of-range"       // a latency is longer than the histogram reaches
	BusyGenerator    Reason = "busy-generator"     // the load generators take CPU time that the protocol lacks
	ScheduleSlips    Reason = "schedule-slips"     // the generator began an open loop's operations late
	DelayOff         Reason = "delay-off"          // NetEm did not keep its time
	OtherWork        Reason = "other-work"         // other machines or processes took the CPU away
	Hypervisor       Reason = "hypervisor"         // the hypervisor took the CPU away from a measurement of costs
	OtherReason      Reason = "other"              // a result without codes says something else
)

// disturbances are the reasons that lie in what else runs on the machine.
var disturbances = []Reason{OtherWork, Hypervisor, DelayOff, ScheduleSlips}

// Fail adds a reason, as a code and in words.
func (v *Validity) Fail(r Reason, format string, args ...any) {
	if v.Valid = false; !slices.Contains(v.Invalid, r) {
		v.Invalid = append(v.Invalid, r)
	}
	if v.InvalidReason != "" {
		v.InvalidReason += reasonSeparator
	}
	v.InvalidReason += fmt.Sprintf(format, args...)
}

// Disturbed reports whether what else ran on the machine spoilt the measurement, so that it is worth another attempt.
func (v Validity) Disturbed() bool {
	return slices.ContainsFunc(v.Invalid, func(r Reason) bool { return slices.Contains(disturbances, r) })
}

// The attacks of a trial that are in no catalogue.
const (
	FaultFree = "none"
	Timeline  = "timeline" // the story of a server that crashes, lies and comes back
)

// An Expectation says what an attack must lead to.
type Expectation string

// The expectations.
const (
	Withstand Expectation = "withstand" // no harm
	Succumb   Expectation = "harm"      // the protocol is not built to withstand it: the checkers must find the harm
	Beyond    Expectation = "beyond"    // it is beyond what the protocol promises to withstand: anything may come of it
	NoTarget  Expectation = "no-target" // the protocol has nothing that the attack could be directed at
)

// An Outcome says what an attack led to.
type Outcome string

// The outcomes.
const (
	Targetless Outcome = "no-target" // there was nothing to attack
	NotPlayed  Outcome = "not-played"
	Withstood  Outcome = "withstood" // no harm, as expected
	Caught     Outcome = "caught"    // harm, as expected, and the checkers found it
	Unexpected Outcome = "unexpected"
)

// Rounds is how many rounds of each kind an operation takes. As text, also in JSON and as a key there, it is what the
// paper's Table 3 would print: "D+2d".
type Rounds struct {
	Data     int // D: they move values, or parts of them
	Metadata int // d: they move nothing but metadata
}

// Total is the number of rounds of both kinds.
func (r Rounds) Total() int { return r.Data + r.Metadata }

// String is the paper's notation; "0" stands for no round.
func (r Rounds) String() string {
	data, metadata := term(r.Data, "D"), term(r.Metadata, "d")
	switch {
	case data != "" && metadata != "":
		return data + "+" + metadata
	case data+metadata == "":
		return "0"
	}
	return data + metadata
}

func term(n int, unit string) string {
	switch n {
	case 0:
		return ""
	case 1:
		return unit
	}
	return strconv.Itoa(n) + unit
}

// MarshalText implements encoding.TextMarshaler.
func (r Rounds) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

var roundsPattern = regexp.MustCompile(`^(?:(\d*)D)?\+?(?:(\d*)d)?$`)

// UnmarshalText implements encoding.TextUnmarshaler. It takes what String returns and nothing else.
func (r *Rounds) UnmarshalText(text []byte) error {
	s := string(text)
	*r = Rounds{}
	if m := roundsPattern.FindStringSubmatchIndex(s); m != nil {
		r.Data, r.Metadata = factor(s, m[2], m[3]), factor(s, m[4], m[5])
	}
	if r.String() != s {
		return fmt.Errorf("%q is no number of rounds: write it like D+2d, for one round with data and two without", s)
	}
	return nil
}

// factor is the number at s[from:to], 1 if it is empty, and 0 if from is negative.
func factor(s string, from, to int) int {
	if from < 0 {
		return 0
	}
	if from == to {
		return 1
	}
	n, _ := strconv.Atoi(s[from:to]) // digits; what is out of range does not read the same again
	return n
}

// Most is the largest counts of any one operation of a kind, each for itself, when it ended: replies that came later
// are not in it.
type Most struct {
	Messages Traffic `json:"messages"`
	Bytes    Traffic `json:"bytes"` // as counted by the transport
}

// Raise makes each count at least that of o.
func (m *Most) Raise(o Most) {
	m.Messages, m.Bytes = m.Messages.max(o.Messages), m.Bytes.max(o.Bytes)
}

// Sum adds both directions.
func (t Traffic) Sum() int64 { return t.ClientToServer + t.ServerToClient }

// Since is the traffic since o.
func (t Traffic) Since(o Traffic) Traffic {
	return Traffic{t.ClientToServer - o.ClientToServer, t.ServerToClient - o.ServerToClient}
}

// Add adds o.
func (t *Traffic) Add(o Traffic) {
	t.ClientToServer += o.ClientToServer
	t.ServerToClient += o.ServerToClient
}

func (t Traffic) max(o Traffic) Traffic {
	return Traffic{max(t.ClientToServer, o.ClientToServer), max(t.ServerToClient, o.ServerToClient)}
}
