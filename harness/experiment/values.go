package experiment

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/powbench/powbench/harness/result"
)

// A value reads one value of a file into the place it was made for, or says which token is wrong, and why.
type value func(ast.Node) error

// keys are the keys that a mapping may hold.
type keys map[string]value

// object is a mapping with none but the given keys. What it leaves out keeps its value.
func object(known keys) value {
	return func(n ast.Node) error {
		mapping, ok := n.(ast.MapNode)
		if !ok {
			return at(n, "must be keys with values, not %s", describe(n))
		}
		for entry := mapping.MapRange(); entry.Next(); {
			key := entry.Key().GetToken().Value
			read, ok := known[key]
			if !ok {
				return at(entry.Key(), "%s", unknown(key, slices.Sorted(maps.Keys(known))))
			}
			if _, ok := entry.Value().(*ast.NullNode); ok {
				return under(key, at(entry.Key(), "has no value: give it one or remove the key"))
			}
			if err := read(entry.Value()); err != nil {
				return under(key, err)
			}
		}
		return nil
	}
}

// child is the value of a mapping's key, or nil.
func child(n ast.Node, key string) ast.Node {
	mapping, ok := n.(ast.MapNode)
	if !ok {
		return nil
	}
	for entry := mapping.MapRange(); entry.Next(); {
		if entry.Key().GetToken().Value == key {
			return entry.Value()
		}
	}
	return nil
}

// place is the value of the key in the mapping, or the mapping if it has none.
func place(n ast.Node, key string) ast.Node {
	if v := child(n, key); v != nil {
		return v
	}
	return n
}

// mix is a share of READs in a load of both kinds.
func mix(to *result.Mix) value {
	return func(n ast.Node) error {
		s, err := text(n)
		if err != nil {
			return err
		}
		if *to, err = result.ParseMix(s); err != nil {
			return at(n, "%w", err)
		}
		return nil
	}
}

// oneOrList is a list, or what would be its only item.
func oneOrList[T comparable](to *result.List[T], item func(*T) value) value {
	return func(n ast.Node) error {
		if _, err := text(n); err != nil {
			return list(to, item)(n)
		}
		*to = make(result.List[T], 1)
		return item(&(*to)[0])(n)
	}
}

// list is a list of at least one item and none twice.
func list[S ~[]T, T comparable](to *S, item func(*T) value) value {
	return func(n ast.Node) error {
		if s, err := text(n); err == nil {
			return at(n, "must be a list: write [%s]", s)
		}
		sequence, ok := n.(*ast.SequenceNode)
		if !ok {
			return at(n, "must be a list in brackets such as [a, b], not %s", describe(n))
		}
		if len(sequence.Values) == 0 {
			return at(n, "the list is empty: name at least one, or leave the key out to get its default")
		}
		items := make([]T, len(sequence.Values))
		for i, v := range sequence.Values {
			if err := item(&items[i])(v); err != nil {
				return err
			}
			if slices.Contains(items[:i], items[i]) {
				return at(v, "%v is listed twice: remove one", items[i])
			}
		}
		*to = items
		return nil
	}
}

// number is a whole number from low to high.
func number[T int | uint64](to *T, low, high T) value {
	return func(n ast.Node) error {
		s, err := text(n)
		if err != nil {
			return err
		}
		v, err := strconv.ParseUint(s, 10, 63)
		if err != nil || T(v) < low || T(v) > high {
			return at(n, "must be a whole number from %d to %d, not %s", low, high, s)
		}
		*to = T(v)
		return nil
	}
}

// decimal is a number from low to high, with or without a decimal point.
func decimal(to *float64, low, high float64) value {
	return func(n ast.Node) error {
		s, err := text(n)
		if err != nil {
			return err
		}
		v, err := strconv.ParseFloat(s, 64)
		if err != nil || !(v >= low && v <= high) {
			return at(n, "must be a number from %v to %v, not %s", low, high, s)
		}
		*to = v
		return nil
	}
}

// between is a quantity from low to high.
func between[Q result.Quantity](to *Q, low, high Q) value {
	return func(n ast.Node) error {
		s, err := text(n)
		if err != nil {
			return err
		}
		v, err := result.Parse[Q](s)
		if err != nil {
			return at(n, "%w", err)
		}
		if v < low || v > high {
			return at(n, "must be from %s to %s, not %s", low, high, s)
		}
		*to = v
		return nil
	}
}

// elsewhere is a key that stands in another place, which the text tells.
func elsewhere(where string) value {
	return func(n ast.Node) error { return at(n, "stands %s", where) }
}

// oneOf is one of a few words.
func oneOf[T ~string](to *T, words ...T) value {
	return func(n ast.Node) error {
		s, err := text(n)
		if err != nil {
			return err
		}
		if !slices.Contains(words, T(s)) {
			return at(n, "must be one of %s, not %q", join(words), s)
		}
		*to = T(s)
		return nil
	}
}

func join[T ~string](words []T) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(string(w))
	}
	return b.String()
}

// pattern is text of the form that the pattern tells a program, and what a person.
func pattern(to *string, p *regexp.Regexp, what string) value {
	return func(n ast.Node) error {
		s, err := text(n)
		if err != nil {
			return err
		}
		if !p.MatchString(s) {
			return at(n, "must be %s, not %q", what, s)
		}
		*to = s
		return nil
	}
}

// text is a scalar as it stands in the file, without quotes: 2b, 256KiB and 1 mean the same quoted or not.
func text(n ast.Node) (string, error) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, nil
	}
	return "", at(n, "must be a single value, not %s", describe(n))
}

// describe names what stands in the place of something else.
func describe(n ast.Node) string {
	switch n := n.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		return "an anchor, alias or tag: write it out"
	case *ast.NullNode:
		return "nothing"
	case *ast.SequenceNode:
		return "a list"
	case ast.MapNode:
		return "keys with values"
	default:
		return fmt.Sprintf("%q", n.GetToken().Value)
	}
}

// reserved are the names of folders of results that are no experiment's.
var reserved = []string{"reference", "simulation", "figures", "profiles", "attack", "soak"}

// named is the name of an experiment, and of its folder of results.
func named(to *string) value {
	form := pattern(to, namePattern, nameForm)
	return func(n ast.Node) error {
		if err := form(n); err != nil {
			return err
		}
		if slices.Contains(reserved, *to) {
			return at(n, "must be none of %s, whose folders of results have another use", strings.Join(reserved, ", "))
		}
		return nil
	}
}
