package query

import (
	"fmt"

	"github.com/powbench/powbench/harness/result"
)

// simulated adds up a number of all rows: "schedules", "operations" or "messages"; or "harmless", the schedules in which a
// protocol was to withstand an attack, and did.
func simulated(r *Results, args []any) (any, error) {
	what := args[0].(string)
	numbers := map[string]func(s result.Simulated) (int64, bool){
		"schedules":  func(s result.Simulated) (int64, bool) { return s.Schedules, true },
		"operations": func(s result.Simulated) (int64, bool) { return s.Operations, true },
		"messages":   func(s result.Simulated) (int64, bool) { return s.Messages, true },
		"harmless": func(s result.Simulated) (int64, bool) {
			return s.Schedules - s.Harmed(), s.Expectation == result.Withstand
		},
	}
	of, ok := numbers[what]
	if !ok {
		return nil, fmt.Errorf("unknown number %q of simulations: it is %s", what, options(numbers))
	}
	return r.ofSimulated("simulated "+what, of), nil
}

// simulatedHarms is how many simulated schedules of a protocol under an attack showed harm.
func simulatedHarms(r *Results, args []any) (any, error) {
	return r.ofAttack(args, func(s result.Simulated) int64 { return s.Harmed() })
}

// simulatedShare is the share of the schedules of a protocol under an attack in which a harm was the gravest, in percent.
func simulatedShare(r *Results, args []any) (any, error) {
	return r.share(args, func(s result.Simulated) int64 { return s.Harms[args[2].(string)] },
		func(s result.Simulated) int64 { return s.Schedules })
}

// simulatedRounds is the share of the READs of a protocol under an attack that took so many rounds, in percent.
func simulatedRounds(r *Results, args []any) (any, error) {
	return r.share(args, func(s result.Simulated) int64 { return s.Reads[args[2].(int)] }, func(s result.Simulated) (all int64) {
		for _, n := range s.Reads {
			all += n
		}
		return all
	})
}

// share is a part of a whole, in percent.
func (r *Results) share(args []any, part, whole func(result.Simulated) int64) (any, error) {
	a, err := r.ofAttack(args, part)
	if err != nil {
		return nil, err
	}
	b, err := r.ofAttack(args, whole)
	return a.by(b).times(Exact(100)), err
}

// ofAttack adds up a number of the rows of a protocol under an attack.
func (r *Results) ofAttack(args []any, of func(result.Simulated) int64) (Quantity, error) {
	protocol, attack := args[0].(string), args[1].(string)
	_, _, err := protocolOf(protocol)
	return r.ofSimulated("simulation/"+protocol+"/"+attack, func(s result.Simulated) (int64, bool) {
		return of(s), s.Protocol == protocol && s.Attack == attack
	}), err
}

// ofSimulated adds up a number of those rows that count; what is what is missing if none does.
func (r *Results) ofSimulated(what string, of func(result.Simulated) (n int64, counts bool)) Quantity {
	q := missing(what)
	for _, s := range r.simulated {
		if n, counts := of(s); counts {
			if !q.Known() {
				q = Exact(0)
			}
			q.shift += float64(n)
			q.Points = join(q.Points, []string{fmt.Sprintf("simulation/%s/%s/t%d", s.Protocol, s.Attack, s.T)})
		}
	}
	return q
}
