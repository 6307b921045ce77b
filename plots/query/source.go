package query

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
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
	if list, ok := n.(*ast.SequenceNode); ok {
		*s = make(Sources, len(list.Values))
		for i, v := range list.Values {
			if err := (*s)[i].UnmarshalYAML(v); err != nil {
				return err
			}
		}
		return nil
	}
	*s = make(Sources, 1)
	return (*s)[0].UnmarshalYAML(n)
}

// A Loop is variables and the values that they take in turn, for all of which an expression is evaluated.
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
				next := map[string]any{fmt.Sprint(item.Key): number(x)}
				for k, v := range r {
					next[k] = v
				}
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

// number turns the parser's whole numbers into the language's.
func number(x any) any {
	switch n := x.(type) {
	case uint64:
		return int(n)
	case int64:
		return int(n)
	default:
		return x
	}
}

// ReadYAML reads a YAML file strictly. What is wrong with it is reported with its line and column.
func ReadYAML(file string, into any) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	err = yaml.UnmarshalWithOptions(data, into, yaml.Strict())
	if at, ok := errors.AsType[yaml.Error](err); ok && at.GetToken() != nil {
		return fmt.Errorf("%s:%s: %s", file, place(at.GetToken()), at.GetMessage())
	} else if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

func place(t *token.Token) string { return fmt.Sprintf("%d:%d", t.Position.Line, t.Position.Column) }
