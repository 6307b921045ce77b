package explore

import (
	"fmt"
	"slices"

	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/sim"
)

// Tell shrinks a violation to steps none of which can be left out, and tells what happens in them.
func (x *Search) Tell(v Violation) *sim.Outcome {
	path := sim.Minimise(v.path, func(path []step) bool {
		_, harm := x.replay(path, nil)
		return harm != nil && harm.harm == v.Harm
	})
	o := &sim.Outcome{}
	note := func(format string, args ...any) {
		o.Trace = append(o.Trace, fmt.Sprintf("%6d  %s", len(o.Trace)+1, fmt.Sprintf(format, args...)))
	}
	s, harm := x.replay(path, func(before, after *state, p step) { x.tellStep(note, before, after, p) })
	o.History = x.history(s)
	o.Involved = history.CheckAs(o.History, x.promise()).Involved
	o.Findings = []sim.Finding{{Harm: harm.harm, Detail: harm.detail}}
	note("%s: %s", harm.harm, harm.detail)
	return o
}

// replay plays the steps, apart from those that cannot happen, and says what is wrong in the end.
func (x *Search) replay(path []step, visit func(before, after *state, p step)) (*state, *finding) {
	s := x.initial()
	for _, p := range path {
		all := x.steps(s, false)
		i := slices.IndexFunc(all, p.same)
		if i < 0 {
			continue
		}
		after, harm := x.apply(s, all[i])
		if visit != nil {
			visit(s, after, all[i])
		}
		if s = after; harm != nil {
			return s, harm
		}
	}
	if harm := x.stuck(s); harm != nil {
		return s, harm
	}
	return s, judge(x.history(s), x.promise())
}

// same reports whether two steps are about the same messages, whatever is in them unless it is a lie.
func (p step) same(o step) bool {
	alike := func(a, b flight) bool { return a.compare(b) == 0 }
	return p.what == o.what && alike(p.flight, o.flight) && slices.EqualFunc(p.first, o.first, alike) &&
		(p.what != lie && p.what != intrude || p.message == o.message && p.key == o.key)
}

// tellStep tells what happens in a step, a line for each message.
func (x *Search) tellStep(note func(string, ...any), before, after *state, p step) {
	now := before
	handle := func(f flight) {
		note("%s", x.line(f))
		h := x.servers[f.server].handle(x.asks(now, f))
		now, _ = x.apply(now, step{what: serve, flight: f})
		if f.reply = true; p.what == deliver && f.compare(p.flight) == 0 && h.reply != nil {
			f.message = h.reply
			note("%s", x.line(f))
		}
	}
	for _, f := range p.first {
		handle(f)
	}
	switch p.what {
	case deliver, serve:
		handle(p.flight)
	case answer:
		note("%s", x.line(p.flight))
	case lie:
		note("%s, as s%d likes", x.line(p.flight), p.server+1)
	case overdue:
		note("p%d's round %d is overdue", x.pid(p.client), p.round)
	case begin:
		note("p%d begins", x.pid(p.client))
	case die:
		note("p%d dies", x.pid(p.client))
	case intrude:
		note("a hostile reader → s%d %s%s", p.server+1, sim.Describe(p.Body), sizeOf(p.Payload))
	}
	for i, l := range after.locals {
		for op := len(before.locals[i].results); op < len(l.results); op++ {
			note("%s", x.returned(i, op, l.results[op]))
		}
	}
}

// returned says what an operation returned.
func (x *Search) returned(client, op int, e ending) string {
	switch {
	case e.err != "":
		return fmt.Sprintf("p%d's #%d fails: %s", x.pid(client), op+1, e.err)
	case x.clients[client].Ops[op].Kind == protocols.Write:
		return fmt.Sprintf("p%d's WRITE #%d ends, timestamp %v", x.pid(client), op+1, e.ts)
	case e.bottom:
		return fmt.Sprintf("p%d's READ #%d returns ⊥", x.pid(client), op+1)
	}
	value := e.value.String()
	if e.value == history.Corrupt {
		value = "what nobody wrote"
	}
	return fmt.Sprintf("p%d's READ #%d returns %s, timestamp %v", x.pid(client), op+1, value, e.ts)
}

// line formats a message as sim does.
func (x *Search) line(f flight) string {
	arrow := "→"
	if f.reply {
		arrow = "←"
	}
	return fmt.Sprintf("p%d %s s%d #%d round %d %s%s", x.pid(f.client), arrow, f.server+1, f.op+1, f.round, sim.Describe(f.Body), sizeOf(f.Payload))
}

// sizeOf tells of a payload behind its body.
func sizeOf(payload []byte) string {
	if payload == nil {
		return ""
	}
	return fmt.Sprintf("+%dB", len(payload))
}
