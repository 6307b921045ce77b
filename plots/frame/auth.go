package frame

import (
	"cmp"
	"slices"

	"github.com/powbench/powbench/harness/result"
)

// AuthOf is how the cell's connections tell who is at their ends.
func AuthOf(c Cell) string { return cmp.Or(c.Auth, result.NoAuth) }

// A Price is what TLS costs a system at one operation, t and size of the value: each ratio is with TLS over without.
type Price struct {
	Peak    Ratio // of throughputs at the peak
	Latency Ratio // of one client's mean latencies
	CPU     Ratio // of CPU time per byte of values, at the peaks
}

// Prices are those of all systems in the figure Auth that were measured both ways.
func Prices(cells []Cell) (all []Price) {
	cells = Keep(cells, func(c Cell) bool { return c.Figure == Auth })
	peaks, alone := Peaks(cells), Alone(cells)
	for _, over := range peaks {
		under := inTheClear(over, peaks)
		if over.Auth == "" || under.Set == nil {
			continue
		}
		p := Price{Peak: RatioOf(over, under, ThroughputMBps), CPU: RatioOf(over, under, CPUPerGB)}
		own := Find(alone, func(c Cell) bool { k := c.Key; k.Clients = over.Clients; return k == over.Key })
		if other := inTheClear(own, alone); other.Set != nil {
			p.Latency = RatioOf(own, other, LatencyMean)
		}
		all = append(all, p)
	}
	return all
}

// inTheClear is the same measurement without TLS, whatever its number of clients; the zero Cell if there is none.
func inTheClear(c Cell, among []Cell) (found Cell) {
	i := slices.IndexFunc(among, func(o Cell) bool {
		k := o.Key
		k.Clients, k.Auth = c.Clients, c.Auth
		return k == c.Key && o.Auth == ""
	})
	if i >= 0 {
		found = among[i]
	}
	return found
}
