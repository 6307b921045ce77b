package frame

import (
	"slices"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/stat"
)

// nullProtocol is the protocol of ceilings; their variant is the protocol that they are the ceiling of.
const nullProtocol = "null"

// IsCeiling reports whether the cell is a null protocol's.
func IsCeiling(c Cell) bool { return c.Protocol == nullProtocol }

// A Limit is a measurement beside that of its ceiling in the same run, which has no cells if it was not measured.
type Limit struct{ Cell, Ceiling Cell }

// Limits are the cells of protocols, each beside its ceiling: the null protocol in the same set-up, under the same load.
func Limits(cells []Cell) (all []Limit) {
	ceilings := map[Key]Cell{}
	for _, c := range Keep(cells, IsCeiling) {
		ceilings[c.Key] = c
	}
	for _, c := range cells {
		if !IsCeiling(c) {
			k := c.Key
			k.Protocol, k.Variant = nullProtocol, c.Protocol
			all = append(all, Limit{c, ceilings[k]})
		}
	}
	return all
}

// Share is the throughput as a share of the ceiling's in the same repetition, because both suffer the same noise.
func (l Limit) Share() stat.Estimate {
	var shares []float64
	for _, p := range l.Cell.Valid {
		same := func(q result.Point) bool { return q.Repetition == p.Repetition }
		if i := slices.IndexFunc(l.Ceiling.Valid, same); i >= 0 {
			shares = append(shares, p.ThroughputMBps/l.Ceiling.Valid[i].ThroughputMBps)
		}
	}
	return stat.NewEstimate(shares)
}

// CPUPerGB is the CPU time of clients and servers in seconds per 10^9 bytes of values.
func CPUPerGB(p result.Point) float64 { return (p.CPUS.Clients + p.CPUS.Servers) / movedGB(p) }

// AllocatedPerByte is the bytes that heaps handed out, of clients and servers, per byte of values; 0 if they were not counted.
func AllocatedPerByte(p result.Point) float64 {
	return float64(p.Allocated.Clients+p.Allocated.Servers) / 1e9 / movedGB(p)
}

// movedGB is the values that were read or written in the window, in 10^9 bytes.
func movedGB(p result.Point) float64 { return p.ThroughputMBps * p.DurationS / 1e3 }
