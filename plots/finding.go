package plots

import (
	"slices"

	"github.com/powbench/powbench/harness/result"
)

// aspects are the quantities that are compared.
var aspects = []struct {
	title          string
	of             func(result.Point) float64
	higherIsBetter bool
}{
	{"Throughput (MB/s)", throughputMBps, true},
	{"Mean latency (ms)", latencyMean, false},
	{"p99 latency (ms)", p99, false},
}

// A couple is a measurement in both runs. Their numbers of clients differ only if both runs searched for it.
type couple struct{ a, b Cell }

// searched reports whether the set's numbers of clients were searched for.
func searched(s *result.Set) bool { return len(s.Manifest.Searches) > 0 }

// match finds each measurement of one run in the other, if need be with any number of clients.
func match(inA, inB []Cell, anyClients bool) (couples []couple, onlyA, onlyB []Cell) {
	onlyB = slices.Clone(inB)
	for _, a := range inA {
		i := slices.IndexFunc(onlyB, func(b Cell) bool {
			if anyClients {
				b.Clients = a.Clients
			}
			return a.Key == b.Key
		})
		if i < 0 {
			onlyA = append(onlyA, a)
			continue
		}
		couples = append(couples, couple{a, onlyB[i]})
		onlyB = slices.Delete(onlyB, i, i+1)
	}
	return couples, onlyA, onlyB
}

// A finding is what became of one aspect of a couple.
type finding struct {
	aspect int
	couple couple
	change change
	holds  bool // by Holm's method, among all findings
}

// findings are every aspect of every couple, except for latencies under different numbers of clients: these do not compare.
func findings(couples []couple) []finding {
	var found []finding
	var tested []int // the findings with an interval
	var p []float64  // of these
	for i, aspect := range aspects {
		for _, c := range couples {
			if aspect.higherIsBetter || c.a.Clients == c.b.Clients {
				change := newChange(c.a, c.b, aspect.of)
				if change.hasInterval() {
					tested, p = append(tested, len(found)), append(p, change.p)
				}
				found = append(found, finding{aspect: i, couple: c, change: change})
			}
		}
	}
	for i, rejected := range holm(p) {
		found[tested[i]].holds = rejected
	}
	return found
}
