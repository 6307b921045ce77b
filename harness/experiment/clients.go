package experiment

import (
	"math"

	"github.com/goccy/go-yaml/ast"

	"github.com/powbench/powbench/harness/result"
)

// clients is the word saturate, or a list of numbers of clients in which it may stand for one.
func clients(to *result.Clients) value {
	return func(n ast.Node) error {
		if s, err := text(n); err == nil {
			if s != result.Saturate {
				return at(n, "must be saturate or a list of numbers such as [1, 2, 4], not %q", s)
			}
			*to = nil
			return nil
		}
		return list(to, clientsOrSaturate)(n)
	}
}

func clientsOrSaturate(to *int) value {
	return func(n ast.Node) error {
		if s, err := text(n); err == nil && s == result.Saturate {
			*to = 0
			return nil
		}
		return clientCount(to)(n)
	}
}

func clientCount(to *int) value { return number(to, 1, maxClients) }

// steps is the numbers of clients that a search tries, in its order.
func steps(to *[]int) value {
	return func(n ast.Node) error {
		if err := list(to, clientCount)(n); err != nil {
			return err
		}
		if len(*to) < 3 {
			return at(n, "must have at least three numbers: only among others can one be seen to saturate")
		}
		last := math.MinInt
		for i, c := range *to {
			if c < last {
				return at(n.(*ast.SequenceNode).Values[i], "must ascend: %d follows %d", c, last)
			}
			last = c
		}
		return nil
	}
}
