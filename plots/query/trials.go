package query

import (
	"fmt"

	"github.com/powbench/powbench/harness/result"
)

// trial is the trial of a protocol under an attack; nil if it was not played.
func (r *Results) trial(protocol, attack string) *result.Trial {
	for _, s := range r.sets {
		for i, t := range s.Trials {
			if t.Protocol == protocol && t.Attack == attack && t.Skipped == "" {
				return &s.Trials[i]
			}
		}
	}
	return nil
}

// ofTrial is an exact number of a trial.
func (r *Results) ofTrial(protocol, attack string, of func(*result.Trial) float64) (any, error) {
	if _, _, err := protocolOf(protocol); err != nil {
		return nil, err
	}
	t := r.trial(protocol, attack)
	if t == nil {
		return missing("attack/" + protocol + "/" + attack), nil
	}
	q := Exact(of(t))
	q.Points = []string{TrialID(*t)}
	return q, nil
}

// harms is how many operations and findings of harm a trial showed, and 1 more if its history was not found linearizable.
func harms(r *Results, args []any) (any, error) {
	return r.ofTrial(args[0].(string), args[1].(string), func(t *result.Trial) float64 {
		var n int64
		for _, of := range t.Harms {
			n += of
		}
		if t.Linearizable.Code != result.Linearizable {
			n++
		}
		return float64(n)
	})
}

// attacked is the largest number of rounds that an operation of a trial took. Earlier versions did not record that of WRITEs.
func attacked(r *Results, args []any) (any, error) {
	return r.attackedRounds(args, func(t *result.Trial, kinds map[result.Rounds]int64) (n int, recorded bool) {
		n = mostOf(kinds, result.Rounds.Total)
		if args[2] == result.OpRead {
			n = max(n, most(t.ReadRounds))
		}
		return n, n > 0
	})
}

// attackedData is the largest number of rounds with data that an operation of a trial took; earlier versions did not record
// it.
func attackedData(r *Results, args []any) (any, error) {
	return r.attackedRounds(args, func(_ *result.Trial, kinds map[result.Rounds]int64) (n int, recorded bool) {
		return mostOf(kinds, func(r result.Rounds) int { return r.Data }), len(kinds) > 0
	})
}

func (r *Results) attackedRounds(
	args []any, of func(t *result.Trial, kinds map[result.Rounds]int64) (n int, recorded bool),
) (any, error) {
	op := args[2].(string)
	if err := oneOf("operation", op, ops); err != nil {
		return nil, err
	}
	recorded := true
	q, err := r.ofTrial(args[0].(string), args[1].(string), func(t *result.Trial) float64 {
		var n int
		n, recorded = of(t, map[string]map[result.Rounds]int64{result.OpRead: t.ReadKinds, result.OpWrite: t.WriteKinds}[op])
		return float64(n)
	})
	if !recorded {
		q = missing(fmt.Sprintf("rounds of a %s in attack/%s/%s", op, args[0], args[1]))
	}
	return q, err
}
