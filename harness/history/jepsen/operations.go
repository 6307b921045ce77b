package jepsen

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"olympos.io/encoding/edn"

	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/workloads"
)

// The types of a Jepsen history's events: the invocation of an operation, and its end. What ended as info may or may
// not have happened.
const (
	kindInvoke = "invoke"
	kindOK     = "ok"
	kindFail   = "fail"
	kindInfo   = "info"
)

// An event is one map of a Jepsen history: an operation's invocation or end.
type event struct {
	line        int
	process     uint64
	kind        string // one of the types
	op          protocols.Op
	key, value  string // as texts; "" for none and nil
	index, time *int64 // nil for none; time is in ns
	at          int64  // ns after the first event
}

// parseEvent makes an event of a map. It is nil if no client did it: the process of the nemesis has no number.
func parseEvent(m map[string]any) (*event, error) {
	if m["process"] == nil {
		return nil, fmt.Errorf("process is missing: want a number, as in %s", exampleOperation)
	}
	process, err := integer(m, "process")
	if _, named := word(m["process"]); named {
		return nil, nil
	}
	if err != nil || *process < 0 {
		return nil, fmt.Errorf("process is %v, want a number from 0", m["process"])
	}
	e := &event{process: uint64(*process)}
	e.kind, _ = word(m["type"])
	switch e.kind {
	case kindInvoke, kindOK, kindFail, kindInfo:
	default:
		return nil, fmt.Errorf("type is %v, want %s, %s, %s or %s", m["type"], kindInvoke, kindOK, kindFail, kindInfo)
	}
	if e.op, err = parseOp(m["f"]); err != nil {
		return nil, err
	}
	if e.index, err = integer(m, "index"); err != nil {
		return nil, err
	}
	if e.time, err = integer(m, "time"); err != nil {
		return nil, err
	}
	return e, e.parseValue(m["key"], m["value"])
}

func parseOp(f any) (protocols.Op, error) {
	name, _ := word(f)
	switch op := protocols.Op(name); op {
	case protocols.Read, protocols.Write:
		return op, nil
	}
	if name == "cas" {
		return "", fmt.Errorf("f is cas, and only reads and writes can be checked: let the workload do without it, or " +
			"check the history with Knossos")
	}
	return "", fmt.Errorf("f is %v, want read or write: only histories of registers can be checked", f)
}

// parseValue sets key and value. Without a key of its own, a vector of two is a key and a value.
func (e *event) parseValue(key, value any) (err error) {
	if pair, is := value.([]any); is && len(pair) == 2 && key == nil {
		key, value = pair[0], pair[1]
	}
	if e.key, err = text(key); err != nil {
		return fmt.Errorf("key: %w", err)
	}
	if e.value, err = text(value); err != nil {
		return fmt.Errorf("value: %w", err)
	}
	return nil
}

// integer returns the number with the name, nil if there is none.
func integer(m map[string]any, name string) (*int64, error) {
	switch v := m[name].(type) {
	case nil:
		return nil, nil
	case int64:
		return &v, nil
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return &n, nil
		}
	}
	return nil, fmt.Errorf("%s is %v, want an integer of 64 bits", name, m[name])
}

// word returns a name, which is a keyword in EDN and a string in JSON.
func word(v any) (string, bool) {
	switch v := v.(type) {
	case edn.Keyword:
		return string(v), true
	case string:
		return v, true
	}
	return "", false
}

// text writes a value so that different values have different texts. That of nil is empty.
func text(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return strconv.Quote(v), nil
	case big.Int:
		return v.String(), nil
	case bool, int64, float64, json.Number, edn.Keyword, edn.Symbol:
		return fmt.Sprint(v), nil
	case rune:
		return strconv.QuoteRune(v), nil
	case []any:
		texts := make([]string, len(v))
		for i, element := range v {
			t, err := text(element)
			if err != nil {
				return "", err
			}
			texts[i] = cmp.Or(t, "nil")
		}
		return "[" + strings.Join(texts, " ") + "]", nil
	}
	return "", fmt.Errorf("%v is neither a number nor a string, keyword or vector of them", v)
}

// onlyKey is the key of a history of one register without a name.
const onlyKey = "register"

// arrange puts events in the order of their indexes if all have one, and gives them times, from 0: their own if all
// have one, and otherwise their places in the order.
func arrange(events []*event) {
	if !slices.ContainsFunc(events, func(e *event) bool { return e.index == nil }) {
		slices.SortStableFunc(events, func(a, b *event) int { return cmp.Compare(*a.index, *b.index) })
	}
	timed := !slices.ContainsFunc(events, func(e *event) bool { return e.time == nil })
	first := history.Forever
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
	history.Entry
	invoked int  // the line of its invocation
	failed  bool // it is known not to have happened
}

// pair makes operations of their invocations and ends.
func pair(events []*event) ([]history.Entry, error) {
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
	var entries []history.Entry
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
	o := &operation{invoked: e.line, Entry: history.Entry{
		Client: e.process, Seq: uint64(*e.index), Op: e.op, Start: e.at, End: history.Forever, Outcome: history.Pending,
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
