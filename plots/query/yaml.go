package query

import (
	"fmt"
	"maps"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// A Source is an expression as it stands in a YAML file.
type Source struct {
	Text string
	Line int
}

// UnmarshalYAML implements yaml.NodeUnmarshaler.
func (s *Source) UnmarshalYAML(n ast.Node) error {
	s.Line = n.GetToken().Position.Line
	err := yaml.NodeToValue(n, &s.Text)
	s.Text = strings.TrimSpace(s.Text)
	return err
}

// Sources is one expression or a list of them.
type Sources []Source

// UnmarshalYAML implements yaml.NodeUnmarshaler.
func (s *Sources) UnmarshalYAML(n ast.Node) error {
	nodes := []ast.Node{n}
	if list, ok := n.(*ast.SequenceNode); ok {
		nodes = list.Values
	}
	*s = make(Sources, len(nodes))
	for i, n := range nodes {
		if err := (*s)[i].UnmarshalYAML(n); err != nil {
			return err
		}
	}
	return nil
}

// A Loop is variables and the values that they take in turn; an expression is evaluated for each combination.
type Loop yaml.MapSlice

// maxRounds bounds a loop: seven variables of ten values each would take gigabytes.
const maxRounds = 10_000

// UnmarshalYAML implements yaml.InterfaceUnmarshaler.
func (l *Loop) UnmarshalYAML(decode func(any) error) error {
	if err := decode((*yaml.MapSlice)(l)); err != nil {
		return err
	}
	rounds := 1
	for _, item := range *l {
		if rounds *= max(1, len(values(item.Value))); rounds > maxRounds {
			return fmt.Errorf("for: its variables have more than %d combinations of values: give them fewer", maxRounds)
		}
	}
	return nil
}

// Rounds is every combination of the variables' values; one, without variables, for an empty loop. The variable that is
// named last changes fastest.
func (l Loop) Rounds() []map[string]any {
	var names []string
	of := map[string][]any{}
	for _, item := range l {
		name := fmt.Sprint(item.Key)
		names = append(names, name)
		for _, x := range values(item.Value) {
			if n, ok := x.(uint64); ok { // as the parser reads numbers
				x = int(n)
			}
			of[name] = append(of[name], x)
		}
	}
	return product(names, of)
}

// Label is the variables' values in the order of the loop, each after a comma.
func (l Loop) Label(vars map[string]any) (text string) {
	for _, item := range l {
		name := fmt.Sprint(item.Key)
		text += fmt.Sprintf(", %s = %v", name, vars[name])
	}
	return text
}

// product is every combination of values for those of the names that have any. The last name changes fastest.
func product(names []string, of map[string][]any) []map[string]any {
	all := []map[string]any{{}}
	for _, name := range names {
		var longer []map[string]any
		for _, one := range all {
			for _, x := range of[name] {
				next := maps.Clone(one)
				next[name] = x
				longer = append(longer, next)
			}
		}
		if len(of[name]) > 0 {
			all = longer
		}
	}
	return all
}

// values is a list, or one value as a list.
func values(x any) []any {
	if list, ok := x.([]any); ok {
		return list
	}
	return []any{x}
}
