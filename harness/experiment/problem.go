package experiment

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/powbench/powbench/harness/meant"
)

// A problem is a mistake at one token of a file.
type problem struct {
	where *token.Position
	keys  []string // that lead to it, outermost first
	err   error
}

func (p *problem) Error() string {
	if len(p.keys) == 0 {
		return p.err.Error()
	}
	return strings.Join(p.keys, ".") + ": " + p.err.Error()
}

// at is the problem with a node.
func at(n ast.Node, format string, args ...any) error {
	return &problem{where: start(n), err: fmt.Errorf(format, args...)}
}

// start is where a node begins. A mapping's own token is its colon.
func start(n ast.Node) *token.Position {
	if pairs, ok := n.(ast.MapNode); ok && n.GetToken().Value == ":" {
		if first := pairs.MapRange(); first.Next() {
			n = first.Key()
		}
	}
	return n.GetToken().Position
}

// under places a problem below a key.
func under(key string, err error) error {
	if p, ok := errors.AsType[*problem](err); ok {
		p.keys = append([]string{key}, p.keys...)
	}
	return err
}

// locate makes the error that a person reads: the place, the problem, and the line with a caret under the place. A problem
// without a place concerns the whole file.
func locate(file string, data []byte, err error) error {
	var where *token.Position
	if syntax, ok := errors.AsType[yaml.Error](err); ok && syntax.GetToken() != nil {
		where, err = syntax.GetToken().Position, errors.New("not valid YAML: "+syntax.GetMessage())
	} else if p, ok := errors.AsType[*problem](err); ok {
		where = p.where
	} else {
		return fmt.Errorf("%s:1:1: %w", file, err)
	}
	return fmt.Errorf("%s:%d:%d: %w%s", file, where.Line, where.Column, err, snippet(data, where))
}

// snippet shows a line with a caret under a column, on lines of their own; it is empty for a line that is not there.
func snippet(data []byte, where *token.Position) string {
	lines := strings.Split(string(data), "\n")
	if where.Line > len(lines) || strings.TrimSpace(lines[where.Line-1]) == "" {
		return ""
	}
	line := strings.TrimRight(lines[where.Line-1], "\r")
	before := []rune(line)[:min(where.Column-1, len([]rune(line)))]
	for i, r := range before {
		if r != '\t' {
			before[i] = ' ' // a tab stays one, so that the caret stands below its column at any tab width
		}
	}
	number := fmt.Sprintf("%4d | ", where.Line)
	return fmt.Sprintf("\n%s%s\n%s%s^", number, line, strings.Repeat(" ", len(number)-2)+"| ", string(before))
}

// maxShown is how many keys an error lists; only the pairs of many regions are more.
const maxShown = 32

// unknown says which key may have been meant, or which there are.
func unknown(key string, known []string) string {
	if best := meant.Word(key, known); best != "" {
		return fmt.Sprintf("unknown key %q: did you mean %q?", key, best)
	}
	if len(known) > maxShown {
		known = append(known[:maxShown:maxShown], "…")
	}
	return fmt.Sprintf("unknown key %q: the keys here are %s", key, strings.Join(known, ", "))
}
