package jepsen

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/protocols"
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
	name        string // of the process, if it has no number
	kind        string // one of the types
	op          protocols.Op
	key, value  string // as texts; "" for none and nil
	was         string // that a compare-and-set compares with
	index, time *int64 // nil for none; time is in ns
	at          int64  // ns after the first event
}

// who names the process.
func (e *event) who() string { return cmp.Or(e.name, fmt.Sprint(e.process)) }

// nemesis is the process that breaks things and is no client.
const nemesis = "nemesis"

// processes are the clients: numbers, or names that get a number above all those.
type processes struct {
	ignored []string
	numbers map[string]uint64 // by name
}

func newProcesses(ignored []string) *processes {
	p := &processes{ignored: []string{nemesis}, numbers: map[string]uint64{}}
	for _, name := range ignored {
		p.ignored = append(p.ignored, strings.TrimPrefix(name, ":"))
	}
	return p
}

// ignores reports whether a process is no client.
func (p *processes) ignores(process any) bool {
	name, named := word(process)
	return named && slices.Contains(p.ignored, name)
}

// firstName is the number of the first process that has a name in its place.
const firstName = 1 << 62

// parse makes an event of a map. It is nil if no client did it.
func (p *processes) parse(m map[string]any) (*event, error) {
	if m["process"] == nil {
		return nil, fmt.Errorf("process is missing: want a number or a name, as in %s", exampleOperation)
	}
	e := &event{}
	process, err := integer(m, "process")
	name, named := word(m["process"])
	switch {
	case p.ignores(m["process"]):
		return nil, nil
	case named:
		if _, known := p.numbers[name]; !known {
			p.numbers[name] = firstName + uint64(len(p.numbers))
		}
		e.process, e.name = p.numbers[name], strconv.Quote(short(name))
	case err != nil || *process < 0:
		return nil, fmt.Errorf("process is %s, want a number from 0, or a name", show(m["process"]))
	default:
		e.process = uint64(*process)
	}
	e.kind, _ = word(m["type"])
	switch e.kind {
	case kindInvoke, kindOK, kindFail, kindInfo:
	default:
		return nil, fmt.Errorf("type is %s, want %s, %s, %s or %s", show(m["type"]), kindInvoke, kindOK, kindFail, kindInfo)
	}
	if e.op, err = parseOp(m["f"]); err != nil && named {
		return nil, fmt.Errorf("%w; if process %s is no client, leave it out: --ignore %s", err, e.name, short(name))
	} else if err != nil {
		return nil, err
	}
	if e.index, err = integer(m, "index"); err != nil {
		return nil, err
	}
	if e.index != nil && *e.index < 0 {
		return nil, fmt.Errorf("index is %d, want a number from 0", *e.index)
	}
	if e.time, err = integer(m, "time"); err != nil {
		return nil, err
	}
	return e, e.parseValue(m["key"], m["value"])
}

func parseOp(f any) (protocols.Op, error) {
	name, _ := word(f)
	switch op := protocols.Op(name); op {
	case protocols.Read, protocols.Write, history.CAS:
		return op, nil
	}
	if name == "txn" {
		return "", fmt.Errorf("f is txn: %w", errTransaction)
	}
	return "", fmt.Errorf("f is %s, want read, write or cas: only histories of registers can be checked", show(f))
}

var errTransaction = errors.New("transactions of several micro-operations are no operations of a register; check them with Elle")

// transaction reports whether a value is a list of micro-operations, such as [[:r :x nil] [:w :y 1]].
func transaction(value any) bool {
	all, _ := value.([]any)
	return len(all) > 0 && !slices.ContainsFunc(all, func(v any) bool {
		m, _ := v.([]any)
		if len(m) != 3 {
			return true
		}
		name, _ := word(m[0])
		return name != "r" && name != "w" && name != "append"
	})
}

// parseValue sets key, value and what is compared. Without a key of its own, a vector of two is a key and a value, but of
// a compare-and-set the old and the new value.
func (e *event) parseValue(key, value any) (err error) {
	if transaction(value) {
		return fmt.Errorf("value is %s: %w", show(value), errTransaction)
	}
	pair, is := value.([]any)
	is = is && len(pair) == 2
	if e.op == history.CAS {
		if inner, nested := second(pair); is && nested && key == nil {
			key, value = pair[0], inner
			pair = inner
		}
		if !is && value != nil || len(pair) != 2 && value != nil {
			return fmt.Errorf("value of a cas is %s, want a vector of the old value and the new one", show(value))
		}
		if value != nil {
			if e.was, err = text(pair[0]); err != nil {
				return fmt.Errorf("value: %w", err)
			}
			value = pair[1]
		}
	} else if is && key == nil {
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

// second is the second of two values, if that is a vector of two.
func second(pair []any) ([]any, bool) {
	if len(pair) != 2 {
		return nil, false
	}
	inner, is := pair[1].([]any)
	return inner, is && len(inner) == 2
}
