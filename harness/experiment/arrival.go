package experiment

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/powbench/powbench/harness/result"
)

// Arrival is open loops, to measure beside the closed ones: operations arrive at each of the rates, whether or not
// earlier ones have ended. The zero Arrival is none.
type Arrival struct {
	Process string      `json:"process"` // result.Poisson or result.Fixed
	Rates   []Frequency `json:"rates"`   // of operations, all hosts together
	Clients int         `json:"clients"` // that take the operations, all hosts together
}

// defaultPool is the number of clients of an open loop that does not say: as many as Figure 2(a) goes to.
const defaultPool = 12

// OpenLoop reports whether there are open loops to measure.
func (s *Settings) OpenLoop() bool { return len(s.Arrival.Rates) > 0 }

// String is the arrival as a plan shows it.
func (a Arrival) String() string {
	rates := make([]string, len(a.Rates))
	for i, r := range a.Rates {
		rates[i] = r.String()
	}
	return fmt.Sprintf("%s at %s, taken by %d clients", a.Process, strings.Join(rates, ", "), a.Clients)
}

// arrival reads what a file says of an Arrival over what it is already, or over the defaults if it is none.
func arrival(to *Arrival) value {
	return func(n ast.Node) error {
		a := *to
		if a.Process == "" {
			a.Process, a.Clients = result.Poisson, defaultPool
		}
		if err := object(a.keys())(n); err != nil {
			return err
		}
		if len(a.Rates) == 0 {
			return at(n, "has no rates: add some such as rates: [50/s, 100/s]")
		}
		*to = a
		return nil
	}
}

// keys are the keys of an arrival.
func (a *Arrival) keys() keys {
	return keys{
		"process": oneOf(&a.Process, result.Poisson, result.Fixed),
		"rates":   list(&a.Rates, func(f *Frequency) value { return between(f, minFrequency, maxFrequency) }),
		"clients": clientCount(&a.Clients),
	}
}
