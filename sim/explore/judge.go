package explore

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"sync"

	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/workloads"
)

// values makes those of every WRITE; what is explored does not depend on their bodies.
var values = sync.OnceValue(func() *workloads.Values { return workloads.NewValues(1) })

// end judges an execution that has ended.
func (x *Search) end(s *state, harm *finding) {
	outcome := x.outcome(s)
	if harm == nil {
		known := false
		if harm, known = x.judged[outcome]; !known {
			harm = judge(x.history(s), x.promise())
			x.judged[outcome] = harm
			x.count(s)
		}
	}
	if harm == nil {
		x.report.Outcomes[outcome] = byzantine.NoHarm
		return
	}
	x.report.Outcomes[outcome] = harm.harm
	if slices.ContainsFunc(x.report.Violations, func(v Violation) bool { return v.Harm == harm.harm }) {
		return
	}
	x.report.Violations = append(x.report.Violations, Violation{Harm: harm.harm, Detail: harm.detail, path: x.path()})
}

// count counts the rounds of READs.
func (x *Search) count(s *state) {
	for i, l := range s.locals {
		for op, e := range l.results {
			if x.clients[i].Ops[op].Kind == protocols.Read {
				x.report.Rounds[e.rounds]++
			}
		}
	}
}

// path is the steps to the state in progress.
func (x *Search) path() (path []step) {
	for _, f := range x.stack {
		path = append(path, f.steps[f.next-1])
	}
	return path
}

// outcome says what operations returned, and in which order they began and ended.
func (x *Search) outcome(s *state) string {
	var b strings.Builder
	for i, l := range s.locals {
		for op := range x.clients[i].Ops {
			fmt.Fprintf(&b, "p%d.%d after %b: ", i+1, op+1, s.before[x.number(i, op)])
			if op < len(l.results) {
				fmt.Fprintf(&b, "%v; ", l.results[op])
			} else {
				fmt.Fprintf(&b, "begun %v; ", op == l.op && s.begun[i])
			}
		}
	}
	return b.String()
}

// history is that of the state. Between two times at which operations began lies what ended in between.
func (x *Search) history(s *state) (all []history.Entry) {
	levels := slices.Clone(s.before)
	slices.SortFunc(levels, func(a, b uint64) int { return bits.OnesCount64(a) - bits.OnesCount64(b) })
	levels = slices.Compact(levels)
	const apart = 10
	for i, c := range x.clients {
		l := s.locals[i]
		for op, o := range c.Ops {
			if op >= len(l.results) && (op != l.op || !s.begun[i]) {
				continue
			}
			n := x.number(i, op)
			e := history.Entry{
				Client: x.pid(i), Seq: uint64(op + 1), Key: o.Key, Op: o.Kind, End: history.Forever, Outcome: history.Pending,
				Start: int64(apart*slices.Index(levels, s.before[n]) + apart/2),
			}
			if o.Kind == protocols.Write {
				e.Value = c.id(op)
			}
			if op < len(l.results) {
				r := l.results[op]
				level := slices.IndexFunc(levels, func(b uint64) bool { return b>>n&1 == 1 })
				if level < 0 {
					level = len(levels)
				}
				e.Complete(int64(apart*level+1), r.ts)
				e.Value, e.Bottom = r.value, r.bottom
			}
			all = append(all, e)
		}
	}
	slices.SortStableFunc(all, func(a, b history.Entry) int { return int(a.Start - b.Start) })
	return all
}

// promise is what the protocol's histories are held to.
func (x *Search) promise() protocols.Consistency { return x.Protocol.Traits(x.T).Consistency }

// judge says what is wrong with the history, if anything is.
func judge(entries []history.Entry, promise protocols.Consistency) *finding {
	if len(entries) == 0 {
		return nil
	}
	r := history.CheckAs(entries, promise)
	if r.Code == result.Linearizable {
		return nil
	}
	harm := byzantine.Stale
	if slices.ContainsFunc(r.Involved, func(e history.Entry) bool { return e.Op == protocols.Read && e.Value == history.Corrupt }) {
		harm = byzantine.Phantom
	}
	return &finding{harm, promise.Not() + ": " + r.Detail}
}
