package quantity

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

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

// Simulated is what came of the schedules of one protocol and attack: a row of what `powbench simulate --out` writes.
type Simulated struct {
	Protocol  string           `json:"protocol"`
	Attack    string           `json:"attack"`
	T         int              `json:"t"`
	Schedules int64            `json:"schedules"`
	Harms     map[string]int64 `json:"harms"`
	Expected  string           `json:"expected"`
}

// ReadSimulated reads files of `powbench simulate --out`.
func ReadSimulated(files ...string) ([]Simulated, error) {
	var all []Simulated
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var rows []Simulated
		if err := json.Unmarshal(data, &rows); err != nil {
			return nil, fmt.Errorf("%s: %w: name a file of powbench simulate --out", file, err)
		}
		all = append(all, rows...)
	}
	return all, nil
}

// schedules is how many schedules were simulated.
func schedules(r *Results, _ []any) (any, error) {
	return r.ofSimulated("simulated schedules", func(s Simulated) (int64, bool) { return s.Schedules, true })
}

// harmless is in how many simulated schedules a protocol was to withstand an attack, and did.
func harmless(r *Results, _ []any) (any, error) {
	return r.ofSimulated("simulated schedules", func(s Simulated) (int64, bool) {
		return s.Schedules - s.harmed(), strings.HasPrefix(s.Expected, "no harm")
	})
}

// simulatedHarms is how many simulated schedules of a protocol under an attack showed harm.
func simulatedHarms(r *Results, args []any) (any, error) {
	protocol, attack := args[0].(string), args[1].(string)
	if _, _, err := protocolOf(protocol); err != nil {
		return nil, err
	}
	return r.ofSimulated("simulation/"+protocol+"/"+attack, func(s Simulated) (int64, bool) {
		return s.harmed(), s.Protocol == protocol && s.Attack == attack
	})
}

func (s Simulated) harmed() int64 {
	var n int64
	for _, of := range s.Harms {
		n += of
	}
	return n
}

// ofSimulated adds up a number of those rows that count; what is what is missing if none does.
func (r *Results) ofSimulated(what string, of func(Simulated) (n int64, counts bool)) (any, error) {
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
	return q, nil
}
