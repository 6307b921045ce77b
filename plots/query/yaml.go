package query

import (
	"errors"
	"fmt"
	"maps"
	"os"
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
	switch n := n.(type) {
	case *ast.LiteralNode: // a block of lines
		s.Text = strings.TrimSpace(n.Value.Value)
	case ast.ScalarNode:
		s.Text = fmt.Sprint(n.GetValue())
	default:
		return &yaml.SyntaxError{Message: "this must be text", Token: n.GetToken()}
	}
	return nil
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

// UnmarshalYAML implements yaml.InterfaceUnmarshaler.
func (l *Loop) UnmarshalYAML(decode func(any) error) error { return decode((*yaml.MapSlice)(l)) }

// Rounds is every combination of the variables' values; one, without variables, for an empty loop. The variable that is
// named last changes fastest.
func (l Loop) Rounds() []map[string]any {
	rounds := []map[string]any{{}}
	for _, item := range l {
		var longer []map[string]any
		for _, r := range rounds {
			for _, x := range values(item.Value) {
				if n, ok := x.(uint64); ok { // as the parser reads numbers
					x = int(n)
				}
				next := maps.Clone(r)
				next[fmt.Sprint(item.Key)] = x
				longer = append(longer, next)
			}
		}
		rounds = longer
	}
	return rounds
}

// values is a list, or one value as a list.
func values(x any) []any {
	if list, ok := x.([]any); ok {
		return list
	}
	return []any{x}
}

// ReadYAML reads a YAML file strictly. What is wrong with it is reported with its line and column.
func ReadYAML(file string, into any) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	err = yaml.UnmarshalWithOptions(data, into, yaml.Strict())
	if at, ok := errors.AsType[yaml.Error](err); ok && at.GetToken() != nil {
		p := at.GetToken().Position
		return fmt.Errorf("%s:%d:%d: %s", file, p.Line, p.Column, at.GetMessage())
	} else if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}
