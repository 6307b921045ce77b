package quantity

import (
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
func (r *Results) ofTrial(protocol, attack string, of func(*result.Trial) (float64, error)) (any, error) {
	if _, _, err := protocolOf(protocol); err != nil {
		return nil, err
	}
	t := r.trial(protocol, attack)
	if t == nil {
		return missing("attack/" + protocol + "/" + attack), nil
	}
	x, err := of(t)
	q := Exact(x)
	q.Points = []string{TrialID(*t)}
	return q, err
}

// harms is how many operations and findings of harm a trial showed, and 1 more if its history was not found linearizable.
func harms(r *Results, args []any) (any, error) {
	return r.ofTrial(args[0].(string), args[1].(string), func(t *result.Trial) (float64, error) {
		var n int64
		for _, of := range t.Harms {
			n += of
		}
		if t.Linearizable.Verdict != "ok" {
			n++
		}
		return float64(n), nil
	})
}

// attacked is the largest number of rounds that an operation of a trial took.
func attacked(r *Results, args []any) (any, error) {
	op := args[2].(string)
	if err := oneOf("operation", op, []string{"read"}); err != nil {
		return nil, err
	}
	return r.ofTrial(args[0].(string), args[1].(string), func(t *result.Trial) (float64, error) {
		return float64(most(t.ReadRounds)), nil
	})
}
