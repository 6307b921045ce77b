package jepsen

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"olympos.io/encoding/edn"
)

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
	what := "number"
	if name == "time" {
		what = "number of ns"
	}
	return nil, fmt.Errorf("%s is %s, want a whole %s of 64 bits", name, show(m[name]), what)
}

// show is a value in a message.
func show(v any) string {
	if s, err := text(v); err == nil && s != "" {
		return short(s)
	}
	return short(fmt.Sprint(v))
}

// joined is a list in a sentence.
func joined(all []string) string { return strings.Join(all, ", ") }

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
	case *big.Int:
		return v.String(), nil
	case *big.Float:
		return v.Text('g', -1) + "M", nil
	case float64:
		return decimal(v), nil
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return fmt.Sprint(n), nil
		}
		if !strings.ContainsAny(string(v), ".eE") {
			return string(v), nil
		}
		f, err := v.Float64()
		return decimal(f), err
	case bool, int64, edn.Keyword, edn.Symbol:
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
	return "", fmt.Errorf("%s is neither a number nor a string, keyword or vector of them", short(fmt.Sprint(v)))
}

// decimal writes a number with a point or an exponent, so that 42.0 is another value than 42, in EDN as in JSON.
func decimal(f float64) string {
	s := strconv.FormatFloat(f, 'g', -1, 64)
	if !strings.ContainsAny(s, ".eIN") {
		s += ".0"
	}
	return s
}
