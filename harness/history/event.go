package history

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"olympos.io/encoding/edn"

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
	kind        string // one of the types
	op          protocols.Op
	key, value  string // as texts; "" for none and nil
	index, time *int64 // nil for none; time is in ns
	at          int64  // ns after the first event
}

// parseEvent makes an event of a map. It is nil for what no client did: the process of the nemesis has no number.
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
