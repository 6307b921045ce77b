package sim

import (
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/workloads"
)

// A Finding is a harm that a schedule came to.
type Finding struct {
	Harm   byzantine.Harm
	Detail string
}

// An Outcome is the outcome of a schedule.
type Outcome struct {
	// Findings are the harms found, in the order in which they showed; none if all is well.
	Findings []Finding
	// History is all operations of correct clients. Involved are those that prove that it is not linearizable.
	History, Involved []history.Entry
	// Reads counts the READs that ended by their rounds.
	Reads map[int]int
	// Conditions counts the operations of correct clients that came to each, whether or not they ended.
	Conditions           map[protocols.Condition]int
	Operations, Messages int
	// Starved counts the READs to which WRITEs left no round to end in, which the protocol allows.
	Starved int
	Met     Met
	// Trace tells what happened, line by line, if it was asked for.
	Trace []string

	events []int64 // how many had happened at each line of the trace
}

// Met is what READs of correct clients met.
type Met struct {
	Reads    int64 // that ended, with a value or an error
	Writes   int64 // of the same key that began while they lasted
	Restarts int64 // how often these READs began again
}

// add adds what others met.
func (m *Met) add(o Met) {
	m.Reads, m.Writes, m.Restarts = m.Reads+o.Reads, m.Writes+o.Writes, m.Restarts+o.Restarts
}

// meet notes what a READ met that has ended.
func (r *run) meet() {
	if r.kind == protocols.Read {
		r.outcome.Met.add(Met{1, int64(r.writes[r.key] - r.before), int64(r.driver.Restarts())})
	}
}

// Harm is the gravest harm found.
func (o *Outcome) Harm() byzantine.Harm {
	for _, h := range byzantine.Harms() {
		if slices.ContainsFunc(o.Findings, func(f Finding) bool { return f.Harm == h }) {
			return h
		}
	}
	return byzantine.NoHarm
}

// find notes a harm.
func (w *world) find(h byzantine.Harm, format string, args ...any) {
	f := Finding{h, fmt.Sprintf(format, args...)}
	w.outcome.Findings = append(w.outcome.Findings, f)
	w.tracef("%s: %s", f.Harm, f.Detail)
}

// record notes what an operation of a correct client came to.
func (r *run) record(result protocols.Result, err error) {
	if err != nil {
		r.failed(err)
		return
	}
	if n := result.Timestamp.Num; n > r.writes[r.key] {
		r.find(byzantine.Exhaustion, "%s %d of p%d has timestamp %v after %d WRITEs of %s",
			r.kind, r.seq, r.pid, result.Timestamp, r.writes[r.key], r.key)
	}
	r.entry.Complete(r.clock, result.Timestamp)
	if r.kind == protocols.Write {
		r.tracef("p%d's WRITE #%d ends, timestamp %v", r.pid, r.seq, result.Timestamp)
		return
	}
	r.outcome.Reads[r.driver.Round()]++
	if most := r.expected.Rounds; most > 0 && r.driver.Round() > most {
		r.find(byzantine.TooManyRounds, "READ %d of p%d took %d rounds, want %d at most", r.seq, r.pid, r.driver.Round(), most)
	}
	if r.entry.Bottom = result.Bottom; !result.Bottom {
		if r.entry.Value, err = values().Check(result.Value, r.key); err != nil {
			r.entry.Value = history.Corrupt
		}
	}
	r.noteLurking()
	value := r.entry.Value.String()
	if result.Bottom {
		value = "⊥"
	}
	r.tracef("p%d's READ #%d returns %s, timestamp %v", r.pid, r.seq, value, result.Timestamp)
}

// noteLurking notes that a READ, which began when the liar's key was revoked, returned a value of it. A writer that completed
// none leaves at most one WRITE of a key that others can still publish.
func (r *run) noteLurking() {
	if !r.Attack.Lurks || !r.late || r.entry.Bottom || r.entry.Value.Client != uint64(r.clients[0].index) {
		return
	}
	if r.lurked[r.key] == nil {
		r.lurked[r.key] = map[workloads.ID]bool{}
	}
	seen := r.lurked[r.key]
	if !seen[r.entry.Value] && len(seen) > 0 {
		r.find(byzantine.Lurking, "READ %d of p%d returned one more WRITE of %s that p%d had left", r.seq, r.pid, r.key,
			r.clients[0].index)
	}
	seen[r.entry.Value] = true
}

// failed notes an operation that ended with an error: its effect is unknown. A READ may end so because of WRITEs, if the protocol
// promises no more.
func (r *run) failed(err error) {
	if errors.Is(err, protocols.ErrStarved) && r.Protocol.Traits(r.T).Starves && r.metWrites() {
		r.outcome.Starved++
		r.tracef("p%d's READ #%d ends: %v", r.pid, r.seq, err)
		return
	}
	harm := byzantine.Failure
	if r.expected.Harm == byzantine.Exhaustion {
		harm = byzantine.Exhaustion
	}
	r.find(harm, "%s %d of p%d: %v", r.kind, r.seq, r.pid, err)
}

// metWrites reports whether WRITEs began while the READ lasted, which may be late, or writers lie or die over theirs. Servers that lie
// are no excuse.
func (r *run) metWrites() bool {
	return r.writes[r.key] > r.before || r.driver.Restarts() > 0 || r.Attack.Writer != nil || r.Attack.WriterDies > 0
}

// judge looks at the world when all is quiet.
func (w *world) judge() {
	for _, r := range w.runs {
		if !r.over && !r.hostile {
			w.find(byzantine.Hang, "%s %d of p%d does not end, though all correct servers answered: round %d is open",
				r.kind, r.seq, r.pid, r.driver.Round())
		}
	}
	w.judgeGrowth()
	w.countConditions()
	w.outcome.History = history.Merge(w.logs...)
	if len(w.outcome.History) == 0 {
		return
	}
	promise := w.Protocol.Traits(w.T).Consistency
	report := history.CheckAs(w.outcome.History, promise)
	if report.Code == result.Linearizable {
		return
	}
	w.outcome.Involved = report.Involved
	harm := byzantine.Stale
	corrupt := func(e history.Entry) bool { return e.Op == protocols.Read && e.Value == history.Corrupt }
	if slices.ContainsFunc(report.Involved, corrupt) {
		harm = byzantine.Phantom
	}
	w.find(harm, "%s: %s", promise.Not(), report.Detail)
}

// countConditions counts what the operations of correct clients noted.
func (w *world) countConditions() {
	for _, r := range w.runs {
		if r.hostile {
			continue
		}
		for _, c := range r.driver.Conditions() {
			w.outcome.Conditions[c]++
		}
	}
}

// judgeGrowth compares what correct servers keep of a register with what clients asked for: at most two records for each
// WRITE that began, and one more; and as many bytes as a vector of MACs for each operation. Where servers send each other
// messages they may keep besides what the lying ones make up, up to a bound.
func (w *world) judgeGrowth() {
	operations := map[protocols.Key]int{}
	for _, r := range w.runs {
		operations[r.key]++
	}
	invented := 0
	if traits := w.Protocol.Traits(w.T); traits.Peers {
		invented = traits.LyingServers * protocols.MaxUnfounded
	}
	for _, h := range w.hosts {
		for key, records := range h.records {
			if most := 1 + 2*(int(w.writes[key])+invented); h.correct && len(records) > most {
				w.find(byzantine.Growth, "s%d keeps %d records of %s after %d WRITEs", h.index+1, len(records), key, w.writes[key])
			}
			bytes := 0
			for _, r := range records {
				bytes += len(r.Body)
			}
			if most := (1 + operations[key] + invented) * 128 * len(w.hosts); h.correct && bytes > most {
				w.find(byzantine.Growth, "s%d keeps %d bytes of %s, besides values, after %d operations",
					h.index+1, bytes, key, operations[key])
			}
		}
	}
}

// String formats the message as "p1 → s2 #3 round 1 Put{2.1}+33B": servers are numbered from 1, as in the paper.
func (f flight) String() string {
	arrow := "→"
	if f.way == reply {
		arrow = "←"
	}
	payload := ""
	if f.Payload != nil {
		payload = fmt.Sprintf("+%dB", len(f.Payload))
	}
	return fmt.Sprintf("p%d %s s%d #%d round %d %s%s", f.run.pid, arrow, f.server+1, f.run.seq, f.round, Describe(f.Body), payload)
}

// Describe names a body and what is in it, bytes by their first few.
func Describe(body protocols.Body) string {
	if body == nil {
		return "nothing"
	}
	v := reflect.ValueOf(body).Elem()
	return v.Type().Name() + fields(v)
}

// fields formats any value that a body is made of.
func fields(v reflect.Value) string {
	if ts, ok := v.Interface().(protocols.Timestamp); ok {
		return ts.String()
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return "–"
		}
		return fields(v.Elem())
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return hex.EncodeToString(v.Bytes()[:min(2, v.Len())])
		}
		var parts []string
		for i := range v.Len() {
			parts = append(parts, fields(v.Index(i)))
		}
		return "[" + strings.Join(parts, " ") + "]"
	case reflect.Struct:
		var parts []string
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				parts = append(parts, fields(v.Field(i)))
			}
		}
		return "{" + strings.Join(parts, " ") + "}"
	}
	return fmt.Sprint(v.Interface())
}
