// Package history records what every client of a run did and saw, and checks that it is linearizable.
//
// A history holds all operations of a run, preload and warm-up too: a read may return what was written then.
// Times are closed intervals: an operation comes before another only if it ended strictly before the other started.
// Operations that touch in one instant are concurrent, so that a coarse clock never makes a violation out of nothing.
//
// It imports the model, workloads and harness/result. The simulator, agents, studies and commands import it; histories in
// the forms of others are read by history/jepsen.
package history

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/workloads"
)

// An Outcome says whether an operation is known to have ended.
type Outcome string

// The outcomes. An operation that timed out, failed or lost its client is pending: it may have taken effect, may
// never, or may yet.
const (
	OK      Outcome = "ok"
	Pending Outcome = "pending"
)

// Forever is the End of a pending operation.
const Forever int64 = math.MaxInt64

// Corrupt is the Value of a read that returned bytes which are no writer's value of that key. Such a read ended; to
// leave it pending would hide it.
var Corrupt = workloads.ID{Client: math.MaxUint64, Seq: math.MaxUint64}

// An Entry is one operation, as its client saw it. (Client, Seq) names it.
type Entry struct {
	Client uint64
	Seq    uint64
	Key    protocols.Key
	Op     protocols.Op
	// Start is taken before the first message is sent, End after the result is there: ns of one monotonic clock that
	// all clients of the history share, from 0. End is Forever while the operation is pending.
	Start, End int64
	// Timestamp belongs to the value written or read; it is unknown, and ignored, while the operation is pending.
	Timestamp protocols.Timestamp
	// Value is the value written, or returned by a read that ended. No two writes of a history write the same.
	Value   workloads.ID
	Bottom  bool // a read returned ⊥; then Value is zero
	Outcome Outcome
	Label   string   // what reports call the value, if its ID stands for that of a foreign history
	Foreign *Foreign // what only operations of a foreign history have; nil for nothing
}

// CAS is a compare-and-set, which only foreign histories have: it writes its Value if the register holds what it compares
// with. Only porcupine judges it.
const CAS protocols.Op = "cas"

// Foreign is what an operation of a foreign history may have besides.
type Foreign struct {
	Process  string       // what reports call the client, if it is none with a number
	Was      workloads.ID // that a CAS compares with; zero for ⊥
	WasLabel string       // what reports call it
	Refused  bool         // a CAS ended without effect, because the register held another value
}

// Complete marks the operation as ended at end. A read's Value and Bottom are the caller's to set.
func (e *Entry) Complete(end int64, ts protocols.Timestamp) {
	e.End, e.Timestamp, e.Outcome = end, ts, OK
}

// Widen makes every operation begin earlier and end later by as much as the clocks that timed it may be off.
func Widen(entries []Entry, by time.Duration) {
	for i := range entries {
		e := &entries[i]
		e.Start = max(0, e.Start-int64(by))
		if e.Outcome == OK {
			e.End += int64(by)
		}
	}
}

// before reports whether e ended before o started.
func (e *Entry) before(o *Entry) bool { return e.End < o.Start }

// returned reports whether e is a read that returned a value.
func (e *Entry) returned() bool { return e.Op == protocols.Read && e.Outcome == OK && !e.Bottom }

// validate says what is impossible about an entry.
func (e *Entry) validate() error {
	pending := e.Outcome == Pending
	switch {
	case e.Op != protocols.Read && e.Op != protocols.Write && (e.Op != CAS || e.Foreign == nil):
		return fmt.Errorf("op is %q, want %q or %q", e.Op, protocols.Read, protocols.Write)
	case e.Outcome != OK && !pending:
		return fmt.Errorf("outcome is %q, want %q or %q", e.Outcome, OK, Pending)
	case e.Start < 0:
		return fmt.Errorf("start is %d ns, want 0 or later", e.Start)
	case e.End < e.Start:
		return fmt.Errorf("end is %d ns, before the start at %d ns", e.End, e.Start)
	case pending != (e.End == Forever):
		return fmt.Errorf("outcome is %q, but end is %d ns", e.Outcome, e.End)
	case e.Op == protocols.Write && (e.Bottom || e.Value == Corrupt):
		return fmt.Errorf("a write of %s, which no client can write", e.value())
	case e.Bottom && e.Value != (workloads.ID{}):
		return fmt.Errorf("a read of ⊥ and of value %v at once", e.Value)
	}
	return nil
}

// name names the operation so that it can be found in the history's file.
func (e *Entry) name() string {
	return fmt.Sprintf("%s %d of %s", e.Op, e.Seq, e.who())
}

// who names the client.
func (e *Entry) who() string {
	if e.Foreign != nil && e.Foreign.Process != "" {
		return e.Foreign.Process
	}
	return fmt.Sprintf("client %d", e.Client)
}

// quoted is a key as reports show it.
func quoted(key protocols.Key) string {
	const shown = 60
	if runes := []rune(string(key)); len(runes) > shown {
		return fmt.Sprintf("%q… (%d characters)", string(runes[:shown]), len(runes))
	}
	return fmt.Sprintf("%q", key)
}

// value names what was written or read.
func (e *Entry) value() string {
	switch {
	case e.Bottom:
		return "⊥"
	case e.Value == Corrupt:
		return "a corrupt value"
	case e.Label != "":
		return "value " + e.Label
	}
	return fmt.Sprintf("value %v", e.Value)
}

// sortByStart orders entries by start; the rest of the order only makes it the same every time.
func sortByStart(entries []*Entry) {
	slices.SortFunc(entries, func(a, b *Entry) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.Client, b.Client), cmp.Compare(a.Seq, b.Seq))
	})
}
