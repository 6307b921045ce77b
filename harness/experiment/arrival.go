package experiment

import (
	"github.com/goccy/go-yaml/ast"

	"github.com/powbench/powbench/harness/result"
)

// defaultPool is the number of clients of an open loop that does not say: as many as Figure 2(a) goes to.
const defaultPool = 12

// OpenLoop reports whether there are open loops to measure.
func (s *Settings) OpenLoop() bool { return len(s.Arrival.Rates) > 0 || s.Objective.Asked() }

// arrival reads an Arrival. Keys that the file leaves out keep their value, or get the default if there was no Arrival.
func arrival(to *result.Arrival) value {
	return func(n ast.Node) error {
		a := *to
		if a.Process == "" {
			a.Process, a.Clients = result.Poisson, defaultPool
		}
		if err := object(arrivalKeys(&a))(n); err != nil {
			return err
		}
		*to = a
		return nil
	}
}

// arrivalKeys are the keys of an arrival.
func arrivalKeys(a *result.Arrival) keys {
	return keys{
		"process": oneOf(&a.Process, result.Poisson, result.Fixed),
		"rates":   list(&a.Rates, func(f *result.Frequency) value { return between(f, minFrequency, maxFrequency) }),
		"clients": clientCount(&a.Clients),
	}
}
