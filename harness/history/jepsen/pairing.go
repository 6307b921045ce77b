package jepsen

import (
	"cmp"
	"fmt"
	"math"

	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/workloads"
)

// onlyKey is the key of a history of one register without a name.
const onlyKey = "register"

// pairing is the state of finding the ends of invocations.
type pairing struct {
	form    Form
	open    map[uint64]*operation // by process
	values  map[string]workloads.ID
	all     []*operation
	unkeyed *event // the first of a register without a name
	keyed   *event // the first of one with
}

func newPairing(form Form) *pairing {
	return &pairing{form: form, open: map[uint64]*operation{}, values: map[string]workloads.ID{}}
}

// operation is one that was invoked.
type operation struct {
	history.Entry
	invoked int    // the line of its invocation
	value   string // that it writes, as a text
	was     string // that it compares with
	failed  bool   // it is known not to have happened
}

// pair makes operations of their invocations and ends.
func (p *pairing) pair(events []*event) error {
	for _, e := range events {
		step := p.end
		if e.kind == kindInvoke {
			step = p.begin
		}
		if err := step(e); err != nil {
			return atLine(e.line, err)
		}
	}
	return nil
}

// entries are the operations that happened, or may have. With an initial value, a write of it comes before all others on
// each key. Failed counts the others.
func (p *pairing) entries(initial string) (all []history.Entry, failed int) {
	var shift int64
	if initial != "" {
		shift = 2 // room for those writes
	}
	keys := map[protocols.Key]bool{}
	for _, o := range p.all {
		if o.failed {
			failed++
			continue
		}
		e := o.Entry
		if initial != "" && !keys[e.Key] {
			keys[e.Key] = true
			first := history.Entry{Client: math.MaxUint64, Seq: uint64(len(keys)), Key: e.Key, Op: protocols.Write, Label: short(initial)}
			first.Value, first.Foreign = p.id(initial), &history.Foreign{Process: "nobody"}
			first.Complete(0, protocols.Timestamp{})
			all = append(all, first)
		}
		if e.Start += shift; e.End != history.Forever {
			e.End += shift
		}
		all = append(all, e)
	}
	return all, failed
}

func (p *pairing) begin(e *event) error {
	if o := p.open[e.process]; o != nil {
		return fmt.Errorf("process %s invokes a %s, but its %s of line %d has not ended: a process does one operation at "+
			"a time, and gets another number after one that ended as info", e.who(), e.op, o.Op, o.invoked)
	}
	o := &operation{invoked: e.line, value: e.value, was: e.was, Entry: history.Entry{
		Client: e.process, Seq: uint64(*e.index), Op: e.op, Start: e.at, End: history.Forever, Outcome: history.Pending,
	}}
	if e.name != "" || e.op == history.CAS {
		o.Foreign = &history.Foreign{}
	}
	if e.name != "" {
		o.Foreign.Process = "client " + e.name
	}
	p.open[e.process] = o
	p.all = append(p.all, o)
	if e.op == protocols.Read {
		return p.name(o, e, false)
	}
	if e.value == "" {
		return fmt.Errorf("a %s of nil, which is what a register holds before its first write: write another value", e.op)
	}
	o.Value, o.Label = p.id(e.value), short(e.value)
	if e.op == history.CAS {
		o.Foreign.WasLabel = short(cmp.Or(e.was, "nil"))
	}
	if e.was != "" {
		o.Foreign.Was = p.id(e.was)
	}
	return p.name(o, e, true)
}

func (p *pairing) end(e *event) error {
	o := p.open[e.process]
	switch {
	case o == nil:
		return fmt.Errorf("process %s ends a %s that it did not invoke: is the history's beginning missing?",
			e.who(), e.op)
	case o.Op != e.op:
		return fmt.Errorf("process %s ends a %s, but what it invoked in line %d is a %s", e.who(), e.op, o.invoked, o.Op)
	case e.at < o.Start:
		return fmt.Errorf("time is %d ns before that of the invocation in line %d: take out :time to use the order "+
			"of the lines", o.Start-e.at, o.invoked)
	}
	delete(p.open, e.process)
	switch {
	case e.kind == kindFail && p.form == Lines && e.op == history.CAS && e.value != "":
		o.Foreign.Refused = true // such logs say so of one that found another value
	case e.kind == kindFail:
		o.failed = true
		return nil
	case e.kind == kindInfo:
		return nil
	}
	o.Complete(e.at, protocols.Timestamp{})
	if e.op != protocols.Read {
		if e.value != "" && (e.value != o.value || e.was != o.was) {
			return fmt.Errorf("the %s of %s in line %d ended as one of %s", o.Op, o.Label, o.invoked, short(e.value))
		}
		return nil
	}
	o.Label, o.Bottom = short(e.value), e.value == ""
	if !o.Bottom {
		o.Value = p.id(e.value)
	}
	return p.name(o, e, true)
}

// name sets the operation's key to the event's. Without one, and if it must have one, it is that of the only register.
func (p *pairing) name(o *operation, e *event, must bool) error {
	switch key := protocols.Key(e.key); {
	case key != "" && o.Key != "" && o.Key != key:
		return fmt.Errorf("key is %s, but that of the invocation in line %d is %s", key, o.invoked, o.Key)
	case key != "":
		o.Key = key
		p.keyed = cmp.Or(p.keyed, e)
	case o.Key == "" && must:
		o.Key = onlyKey
		p.unkeyed = cmp.Or(p.unkeyed, e)
	}
	if p.keyed != nil && p.unkeyed != nil {
		return fmt.Errorf("lines %d and %d: one has a key, the other has none; give every operation a :key, or every "+
			"value as [key value]", p.keyed.line, p.unkeyed.line)
	}
	return nil
}

// id is the ID that stands for the value.
func (p *pairing) id(value string) workloads.ID {
	id, known := p.values[value]
	if !known {
		id = workloads.ID{Seq: uint64(len(p.values) + 1)}
		p.values[value] = id
	}
	return id
}
