package experiment

import (
	"github.com/goccy/go-yaml/ast"

	"github.com/powbench/powbench/harness/result"
)

// defaultPool is the number of clients of an open loop that does not say: as many as Figure 2(a) goes to.
const defaultPool = 12

// OpenLoop reports whether there are open loops to measure.
func (s *Settings) OpenLoop() bool { return len(s.Arrival.Rates) > 0 }

// arrival reads what a file says of an Arrival over what it is already, or over the defaults if it is none.
func arrival(to *result.Arrival) value {
	return func(n ast.Node) error {
		a := *to
		if a.Process == "" {
			a.Process, a.Clients = result.Poisson, defaultPool
		}
		if err := object(arrivalKeys(&a))(n); err != nil {
			return err
		}
		if len(a.Rates) == 0 {
			return at(n, "has no rates: add some such as rates: [50/s, 100/s]")
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
