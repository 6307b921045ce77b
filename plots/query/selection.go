package query

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
)

// A where selects the records of a kind whose keys have these values.
type where = map[string]any

// protocols are the names that an expression may use: a misspelt one is an error before any result is read. A new protocol
// is added here.
var protocols = []string{"mpowerstore", "mabd", "phalanx", "powerstore", "cas", "pasis", "avid", "loft", "bftbc", "gv", result.Null, result.Pebble}

// What a point is selected by that is of no figure, or has values of one size.
const (
	noFigure = "none"
	oneSize  = "one"
)

// checks say which values a key may have: one that no record can have is an error, before any result is read.
var checks = map[string]func(x any) error{
	"figure":   oneOf("figure", append(frame.Figures(), noFigure)),
	"sizes":    oneOf("distribution of sizes", []string{oneSize, result.Weighted, result.Lognormal, result.ETC}),
	"protocol": oneOf("protocol", protocols),
	"op":       operation,
	"scheme":   oneOf("scheme", frame.Schemes()),
	"auth":     oneOf("auth", []string{result.NoAuth, result.TLS}),
	"owed":     oneOf("owed", []string{result.Waited, result.Ignored}),
	"record":   oneOf("record", []string{result.Everything, result.Alternating}),
	"t":        positive("t"), "KiB": positive("KiB"), "clients": positive("clients"), "rate": positive("rate"),
}

// oneOf checks a name. A protocol's may have a variant behind a plus, as in "mpowerstore+hedged".
func oneOf(what string, known []string) func(any) error {
	return func(x any) error {
		base, _, _ := strings.Cut(fmt.Sprint(x), "+")
		if !slices.Contains(known, base) {
			return fmt.Errorf("unknown %s %q: it is %s", what, x, list(known))
		}
		return nil
	}
}

func operation(x any) error {
	if !result.IsOp(fmt.Sprint(x)) {
		return fmt.Errorf("unknown operation %q: it is read, write or a mix such as 95%% read", x)
	}
	return nil
}

func positive(key string) func(any) error {
	return func(x any) error {
		if n, ok := x.(float64); !ok || n <= 0 {
			return fmt.Errorf("option %s cannot be %v: it is a number above 0", key, x)
		}
		return nil
	}
}

// selections are the wheres that an expression's map stands for, checked: one for each combination of values where it lists
// several.
func (k kind) selections(options where) ([]where, error) {
	checked := map[string][]any{}
	for _, key := range slices.Sorted(maps.Keys(options)) {
		if !slices.Contains(k.keys, key) {
			return nil, fmt.Errorf("unknown option %q: it is %s", key, list(slices.Sorted(slices.Values(k.keys))))
		}
		for _, x := range values(options[key]) {
			if n, ok := x.(int); ok {
				x = float64(n)
			}
			if check := checks[key]; check != nil {
				if err := check(x); err != nil {
					return nil, err
				}
			}
			checked[key] = append(checked[key], x)
		}
	}
	return product(k.keys, checked), nil
}

// find is the records that w selects.
func (r *Results) find(kind string, w where) (found []record) {
	for _, x := range r.records[kind] {
		if x.fits(w) {
			found = append(found, x)
		}
	}
	return found
}

func (x record) fits(w where) bool {
	for key, want := range w {
		if has, ok := x.keys[key]; ok && has != want {
			return false
		}
	}
	return true
}
