package result

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// TrialsFile holds the trials of an attack run, a line each.
const TrialsFile = "trials.jsonl"

// A Trial is one protocol under one attack, with real processes: a line of trials.jsonl. Times are in milliseconds since
// the load began.
type Trial struct {
	Schema     int    `json:"schema"`
	Protocol   string `json:"protocol"`
	Attack     string `json:"attack"` // ID of the catalogue, FaultFree or Timeline
	Name       string `json:"name"`
	T          int    `json:"t"`
	Servers    int    `json:"servers"`
	ValueBytes int    `json:"value_bytes"`
	Clients    int    `json:"clients"`
	Keys       int    `json:"keys"`
	Seed       uint64 `json:"seed"`

	// Expected says in words what must come of the attack, Expectation as a code. Harms counts what did: operations or
	// findings by the harm's name.
	Expected    string           `json:"expected"`
	Expectation Expectation      `json:"expectation,omitempty"`
	Harms       map[string]int64 `json:"harms"`
	Held        bool             `json:"held"`            // whether the outcome is the expected one
	Detail      string           `json:"detail"`          // the first harm, in words
	Skipped     string           `json:"skipped"`         // why it was not played, if it was not
	Guest       string           `json:"guest,omitempty"` // release of User-mode Linux that it was played in, if it was; slower

	DurationS  float64          `json:"duration_s"`
	Ops        TrialOps         `json:"ops"`
	ReadRounds map[string]int64 `json:"read_rounds"` // rounds used → READs
	// ReadKinds and WriteKinds are the rounds that operations took, before and after the load too; ReadMost and WriteMost
	// are the most that one of them moved. Trials of earlier versions lack them.
	ReadKinds     map[Rounds]int64 `json:"read_round_kinds,omitempty"` // rounds used → READs
	WriteKinds    map[Rounds]int64 `json:"write_round_kinds,omitempty"`
	ReadMost      Most             `json:"read_most,omitzero"`
	WriteMost     Most             `json:"write_most,omitzero"`
	ThroughputOps float64          `json:"throughput_ops"`
	ReadMs        Latency          `json:"read_ms"`
	WriteMs       Latency          `json:"write_ms"`
	// LongestGapMs is the longest time in which no operation ended.
	LongestGapMs float64  `json:"longest_gap_ms"`
	Linearizable Verdict  `json:"linearizable"`
	Events       []Event  `json:"events"`
	Timeline     []Bucket `json:"timeline"`
	History      string   `json:"history"` // file name below histories/
	Started      string   `json:"started"` // UTC, RFC 3339
}

// Outcome says how the trial ended.
func (t Trial) Outcome() Outcome {
	switch {
	case t.Expectation == NoTarget:
		return Targetless
	case t.Skipped != "":
		return NotPlayed
	case !t.Held:
		return Unexpected
	case t.harmed() || t.Linearizable.Code == Violation:
		return Caught
	}
	return Withstood
}

// Played reports whether the trial took place.
func (t Trial) Played() bool {
	o := t.Outcome()
	return o != Targetless && o != NotPlayed
}

// Bounds reports whether the protocol was to withstand the attack, and did: what its operations took then is bounded by
// what the protocol promises.
func (t Trial) Bounds() bool { return t.Expectation == Withstand && t.Outcome() == Withstood }

func (t Trial) harmed() bool {
	for _, n := range t.Harms {
		if n > 0 {
			return true
		}
	}
	return false
}

// Summary is the outcome in a few words.
func (t Trial) Summary() string {
	harms := strings.Join(slices.Sorted(maps.Keys(t.Harms)), ", ")
	switch t.Outcome() {
	case Targetless:
		return t.Expected
	case NotPlayed:
		return "skipped: " + t.Skipped
	case Unexpected:
		return "NOT AS EXPECTED: " + cmp.Or(harms, "no harm") + " instead of " + t.Expected
	case Caught:
		return "caught: " + cmp.Or(harms, "not linearizable")
	}
	return "withstood"
}

// Disturbed implements Line: trials count whatever else runs.
func (t Trial) Disturbed() bool { return false }

// Violated implements Line: it reports whether something else came of the attack than was expected.
func (t Trial) Violated() bool { return !t.Held }

// Notable implements Line.
func (t Trial) Notable() bool { return !t.Held || t.Skipped != "" }

func (t Trial) inFile() (string, any) {
	t.Schema = SchemaVersion
	return TrialsFile, t
}

// TrialOps counts a trial's operations.
type TrialOps struct {
	Reads   int64 `json:"reads"`
	Writes  int64 `json:"writes"`
	Pending int64 `json:"pending"`
	Failed  int64 `json:"failed"`
	Starved int64 `json:"starved,omitempty"` // of those that failed, READs to which WRITEs left no round to end in
}

// Event is a change that was made to the cluster, and when.
type Event struct {
	AtMs float64 `json:"at_ms"`
	What string  `json:"what"` // such as "server 2 is killed"
}

// Bucket counts the operations that ended in one interval of a trial.
type Bucket struct {
	AtMs   float64 `json:"at_ms"` // its beginning
	Read   Ended   `json:"read"`
	Write  Ended   `json:"write"`
	Errors int64   `json:"errors"`
}

// Ended is the operations of one kind that ended in a bucket, and their latencies.
type Ended struct {
	Ops    int64   `json:"ops"`
	MeanMs float64 `json:"mean_ms"`
	MaxMs  float64 `json:"max_ms"`
}

// Add adds others.
func (e *Ended) Add(o Ended) {
	if e.Ops += o.Ops; e.Ops > 0 {
		e.MeanMs += (o.MeanMs - e.MeanMs) * float64(o.Ops) / float64(e.Ops)
	}
	e.MaxMs = max(e.MaxMs, o.MaxMs)
}
