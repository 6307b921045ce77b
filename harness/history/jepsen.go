package history

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/workloads"
)

// onlyKey is the key of a history of one register without a name.
const onlyKey = "register"

// readJepsen returns the operations of a Jepsen history.
func readJepsen(r io.Reader, form Form) ([]Entry, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, atLine(1, err)
	}
	decode := decodeEDN
	if form == JepsenJSON {
		decode = decodeJSON
	}
	var events []*event
	if err := eachMap(text, decode, func(line int, m map[string]any) error {
		e, err := parseEvent(m)
		if e != nil {
			e.line = line
			events = append(events, e)
		}
		return err
	}); err != nil {
		return nil, err
	}
	if len(events) == 0 {
		return nil, atLine(1, errors.New("no operations: want maps such as "+exampleOperation))
	}
	arrange(events)
	return pair(events)
}

// arrange puts events in the order of their indexes if all have one, and gives them times, from 0: their own if all
// have one, and otherwise their places in the order.
func arrange(events []*event) {
	if !slices.ContainsFunc(events, func(e *event) bool { return e.index == nil }) {
		slices.SortStableFunc(events, func(a, b *event) int { return cmp.Compare(*a.index, *b.index) })
	}
	timed := !slices.ContainsFunc(events, func(e *event) bool { return e.time == nil })
	first := Forever
	for i, e := range events {
		place := int64(i)
		if e.index == nil {
			e.index = &place
		}
		if !timed {
			e.time = &place
		}
		first = min(first, *e.time)
	}
	for _, e := range events {
		e.at = *e.time - first
	}
}

// pairing is the state of finding the ends of invocations.
type pairing struct {
	open    map[uint64]*operation // by process
	values  map[string]workloads.ID
	all     []*operation
	unkeyed *event // the first of a register without a name
	keyed   *event // the first of one with
}

// operation is one that was invoked.
type operation struct {
	Entry
	invoked int  // the line of its invocation
	failed  bool // it is known not to have happened
}

// pair makes operations of their invocations and ends.
func pair(events []*event) ([]Entry, error) {
	p := pairing{open: make(map[uint64]*operation), values: make(map[string]workloads.ID)}
	for _, e := range events {
		step := p.end
		if e.kind == kindInvoke {
			step = p.begin
		}
		if err := step(e); err != nil {
			return nil, atLine(e.line, err)
		}
	}
	var entries []Entry
	for _, o := range p.all {
		if !o.failed {
			entries = append(entries, o.Entry)
		}
	}
	return entries, nil
}

func (p *pairing) begin(e *event) error {
	if o := p.open[e.process]; o != nil {
		return fmt.Errorf("process %d invokes a %s, but its %s of line %d has not ended: a process does one operation at "+
			"a time, and gets another number after one that ended as info", e.process, e.op, o.Op, o.invoked)
	}
	o := &operation{invoked: e.line, Entry: Entry{
		Client: e.process, Seq: uint64(*e.index), Op: e.op, Start: e.at, End: Forever, Outcome: Pending,
	}}
	p.open[e.process] = o
	p.all = append(p.all, o)
	if e.op == protocols.Read {
		return p.name(o, e, false)
	}
	if e.value == "" {
		return errors.New("a write of nil, which is what a register holds before its first write: write another value")
	}
	o.Value, o.Label = p.id(e.value), e.value
	return p.name(o, e, true)
}

func (p *pairing) end(e *event) error {
	o := p.open[e.process]
	switch {
	case o == nil:
		return fmt.Errorf("process %d ends a %s that it did not invoke: is the history's beginning missing?",
			e.process, e.op)
	case o.Op != e.op:
		return fmt.Errorf("process %d ends a %s, but what it invoked in line %d is a %s", e.process, e.op, o.invoked, o.Op)
	case e.at < o.Start:
		return fmt.Errorf("time is %d ns before that of the invocation in line %d: take out :time to use the order "+
			"of the lines", o.Start-e.at, o.invoked)
	}
	delete(p.open, e.process)
	switch e.kind {
	case kindFail:
		o.failed = true
		return nil
	case kindInfo:
		return nil
	}
	o.Complete(e.at, protocols.Timestamp{})
	if e.op == protocols.Write {
		if e.value != "" && e.value != o.Label {
			return fmt.Errorf("the write of %s in line %d ended as one of %s", o.Label, o.invoked, e.value)
		}
		return nil
	}
	o.Label, o.Bottom = e.value, e.value == ""
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
