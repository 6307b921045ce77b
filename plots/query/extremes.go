package query

import (
	"errors"
	"strings"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
)

// highest is the largest number that a field has in any valid point of a figure, or in the links or delays of its runs.
func highest(r *Results, args []any) (any, error) {
	x, err := r.all(args[0].(string), args[1].(string))
	return x.extreme(1, args[0].(string)+" of figure "+args[1].(string)), err
}

// lowest is the smallest.
func lowest(r *Results, args []any) (any, error) {
	x, err := r.all(args[0].(string), args[1].(string))
	return x.extreme(-1, args[0].(string)+" of figure "+args[1].(string)), err
}

// largest is the largest of exact quantities.
func largest(_ *Results, args []any) (any, error) { return among(args, 1) }

// smallest is the smallest of exact quantities.
func smallest(_ *Results, args []any) (any, error) { return among(args, -1) }

func among(args []any, sign float64) (any, error) {
	q := args[0].(Quantity)
	for _, arg := range args {
		p := arg.(Quantity)
		both := q.over(p)
		switch {
		case !both.Known():
			return both, nil
		case !q.exact || !p.exact:
			return nil, errors.New("most and least take exact quantities: which of two estimates is larger is uncertain")
		case sign*p.shift > sign*q.shift:
			both = p
		default:
			both = q
		}
		q = both
	}
	return q, nil
}

// readings are numbers and what they rest on.
type readings struct {
	numbers []float64
	ids     []string
}

func (x *readings) add(number float64, id string) {
	x.numbers, x.ids = append(x.numbers, number), append(x.ids, id)
}

// extreme is the largest number (sign 1) or the smallest (-1); without any, what is missing is given.
func (x readings) extreme(sign float64, what string) Quantity {
	if len(x.numbers) == 0 {
		return missing(what)
	}
	top := 0
	for i, n := range x.numbers {
		if sign*n > sign*x.numbers[top] {
			top = i
		}
	}
	q := Exact(x.numbers[top])
	q.Points = []string{x.ids[top]}
	return q
}

// all is every number that a field has in a figure.
func (r *Results) all(name, figure string) (readings, error) {
	var x readings
	cells, err := r.figure(figure)
	if err != nil {
		return x, err
	}
	switch prefix, _, _ := strings.Cut(name, "."); prefix {
	case "link":
		of, err := fieldOf(name, linkFields)
		return inRuns(cells, func(t result.Testbed) [][]result.Link { return [][]result.Link{t.Before, t.After} }, of), err
	case "delay":
		of, err := fieldOf(name, delayFields)
		return inRuns(cells, func(t result.Testbed) [][]result.MeasuredDelay {
			return [][]result.MeasuredDelay{t.DelaysBefore, t.DelaysAfter}
		}, of), err
	}
	of, err := fieldOf(name, pointFields)
	for _, c := range cells {
		for _, p := range c.Valid {
			if n, there := of(p); there {
				x.add(n, ID(p))
			}
		}
	}
	return x, err
}

// inRuns is the numbers that a field has in what the runs of the cells measured of their testbed, before and after.
func inRuns[T any](cells []frame.Cell, measured func(result.Testbed) [][]T, of field[T]) readings {
	var x readings
	seen := map[*result.Set]bool{}
	for _, c := range cells {
		if seen[c.Set] {
			continue
		}
		seen[c.Set] = true
		for _, part := range measured(c.Set.Manifest.Testbed) {
			for _, m := range part {
				if n, there := of(m); there {
					x.add(n, c.Set.Dir)
				}
			}
		}
	}
	return x
}
