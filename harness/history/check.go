package history

import (
	"fmt"
	"slices"
	"time"

	"github.com/powbench/powbench/harness/result"
)

// PorcupineChecker is the name of Porcupine in its reports.
const PorcupineChecker = "porcupine"

// The other checkers.
const (
	timestampChecker = "timestamp"
	zoneChecker      = "zone"
	bothCheckers     = timestampChecker + "+" + zoneChecker
)

// A Report is a checker's verdict and the operations that prove it.
type Report struct {
	result.Verdict
	// Involved are the few operations that the detail names, by their start; it is empty if the history is linearizable.
	// Timeline draws them.
	Involved []Entry
}

// Check checks a history with both checkers. The verdict is by Zones, which needs only values and times.
// Timestamps asks for more than linearizability: if it alone objects, the detail of an "ok" says so.
func Check(entries []Entry) Report {
	r, stamps := Zones(entries), Timestamps(entries)
	r.Checker = bothCheckers
	if r.Code == stamps.Code {
		return r
	}
	if r.Code == result.Linearizable {
		r.Detail = "linearizable by values and times, but not in the order of its timestamps: " + stamps.Detail
	} else {
		r.Detail += "; the timestamp checker says " + string(stamps.Code)
	}
	return r
}

// CheckValues checks a history without timestamps: with Zones, and where that needs values to be unique and they are
// not, with Porcupine, which may take until the timeout.
func CheckValues(entries []Entry, timeout time.Duration) Report {
	if slices.ContainsFunc(entries, func(e Entry) bool { return e.Op == CAS }) {
		return Porcupine(entries, timeout)
	}
	r := Zones(entries)
	if r.Code != result.Unknown || len(entries) == 0 {
		return r
	}
	why := r.Detail
	r = Porcupine(entries, timeout)
	if r.Detail != "" {
		r.Detail += "\n"
	}
	r.Detail += "only porcupine can decide this history: " + why
	return r
}

// finding is a checker's objection to a history.
type finding struct {
	verdict  result.VerdictCode
	text     string
	involved []*Entry
}

// found makes a finding about the operations.
func found(verdict result.VerdictCode, involved []*Entry, text string, args ...any) *finding {
	return &finding{verdict, fmt.Sprintf(text, args...), involved}
}

// judge applies a checker of one register to every key: a history is linearizable if and only if each key's is.
// A violation of one key is a violation, whatever could not be checked elsewhere.
func judge(checker string, entries []Entry, check func([]*Entry) *finding) Report {
	r := Report{Verdict: result.Verdict{Code: result.Linearizable, Checker: checker, Operations: int64(len(entries))}}
	if len(entries) == 0 {
		r.Code, r.Detail = result.Unknown, "the history has no operations"
		return r
	}
	for _, ops := range byKey(entries) {
		f := judgeKey(ops, check)
		if f == nil || r.Code != result.Linearizable && f.verdict != result.Violation {
			continue
		}
		r.Code = f.verdict
		r.Detail = fmt.Sprintf("key %s: %s", quoted(ops[0].Key), f.text)
		r.Involved = involved(f.involved)
		if f.verdict == result.Violation {
			break
		}
	}
	return r
}

func judgeKey(ops []*Entry, check func([]*Entry) *finding) *finding {
	for _, e := range ops {
		if err := e.validate(); err != nil {
			return found(result.Unknown, []*Entry{e}, "%s cannot be: %v", e.name(), err)
		}
	}
	return check(ops)
}

// clustered makes a checker of operations from one of clusters.
func clustered(check func([]*cluster) *finding) func([]*Entry) *finding {
	return func(ops []*Entry) *finding {
		clusters, f := clustersOf(ops)
		if f != nil {
			return f
		}
		return check(clusters)
	}
}

// involved copies the operations, each once, by their start.
func involved(ops []*Entry) []Entry {
	sortByStart(ops)
	var all []Entry
	for _, e := range slices.Compact(ops) {
		all = append(all, *e)
	}
	return all
}
