package load

import (
	"testing"

	"github.com/powbench/powbench/harness/result"
)

func TestSaturated(t *testing.T) {
	for name, c := range map[string]struct {
		throughputs []float64 // of 1, 2, 4, … clients
		clients     int
		ok          bool
	}{
		"grows all the time":                {[]float64{10, 20, 40, 80}, 8, false},
		"flat from the beginning":           {[]float64{10, 10, 10}, 1, true},
		"flat from the second on":           {[]float64{10, 20, 20, 20}, 2, true},
		"falls":                             {[]float64{10, 20, 15, 10}, 2, true},
		"one small gain is not enough":      {[]float64{10, 10, 20, 40}, 8, false},
		"a dip, then growth":                {[]float64{10, 9, 12, 20, 40}, 16, false},
		"a dip, then the plateau":           {[]float64{10, 20, 19, 30, 30, 30}, 8, true},
		"two steps cannot say":              {[]float64{10, 10}, 2, false},
		"one step cannot say":               {[]float64{10}, 1, false},
		"gains just below the share, twice": {[]float64{100, 102.9, 105.9}, 1, true},
		"a gain of the share":               {[]float64{100, 103, 103}, 4, false},
		"a second gain of the share":        {[]float64{100, 102, 106}, 4, false},
		"the first of several":              {[]float64{10, 10, 10, 10, 10}, 1, true},
		"nothing at all":                    {[]float64{0, 0, 0}, 4, false}, // 0 gains no less than 3 % over 0
	} {
		t.Run(name, func(t *testing.T) {
			var steps []result.SearchStep
			for i, x := range c.throughputs {
				steps = append(steps, result.SearchStep{Clients: 1 << i, ThroughputMBps: x})
			}
			clients, ok := saturated(steps, 0.03)
			if clients != c.clients || ok != c.ok {
				t.Errorf("%v: %d clients, saturated %v, want %d, %v", c.throughputs, clients, ok, c.clients, c.ok)
			}
		})
	}
}
