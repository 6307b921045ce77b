package query

import (
	"strconv"

	"github.com/powbench/powbench/harness/result"
)

// rounds is the largest number of rounds that an operation took, at any number of clients or the given one.
func rounds(r *Results, args []any) (any, error) {
	return r.mostRounds(args, "", func(p result.Point) (int, bool) { return most(p.Rounds), true })
}

// dataRounds is the largest number of rounds with data that an operation took; earlier versions did not record it.
func dataRounds(r *Results, args []any) (any, error) {
	return r.mostRounds(args, "round_kinds of ", func(p result.Point) (int, bool) {
		return mostOf(p.RoundKinds, func(r result.Rounds) int { return r.Data }), len(p.RoundKinds) > 0
	})
}

func (r *Results) mostRounds(args []any, what string, of func(result.Point) (n int, recorded bool)) (any, error) {
	s, err := newSelection(args)
	if err != nil {
		return nil, err
	}
	var x readings
	for _, c := range r.series(s) {
		for _, p := range c.Valid {
			if n, recorded := of(p); recorded && (s.clients == 0 || s.clients == p.Clients) {
				x.add(float64(n), ID(p))
			}
		}
	}
	return x.extreme(1, what+s.String()), nil
}

// most is the largest number of rounds that some operation took.
func most(operations map[string]int64) int {
	top := 0
	for text, n := range operations {
		if rounds, err := strconv.Atoi(text); err == nil && n > 0 {
			top = max(top, rounds)
		}
	}
	return top
}

// mostOf is the largest count that some operation's rounds have.
func mostOf(operations map[result.Rounds]int64, count func(result.Rounds) int) int {
	top := 0
	for rounds, n := range operations {
		if n > 0 {
			top = max(top, count(rounds))
		}
	}
	return top
}
