package frame

import (
	"slices"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/stat"
)

// IsCeiling reports whether the cell is no protocol's, but there to be a ceiling: a null protocol's, or Pebble's alone.
func IsCeiling(c Cell) bool { return c.StoresNothing() || IsPebble(c) }

// IsPebble reports whether the cell is Pebble's alone.
func IsPebble(c Cell) bool { return c.PebbleAlone() }

// A Limit is a measurement beside those of its ceilings in the same run, which have no cells if they were not measured.
type Limit struct {
	Cell    Cell
	Ceiling Cell // its null protocol
	Pebble  Cell // the database with the batches that its servers store; of WRITEs to a disk
}

// Limits are the cells of protocols, each beside its ceilings in the same set-up, under the same load. Their variant is the protocol that
// they are the ceiling of. To a null protocol, which stores nothing, durability makes no difference: it is the ceiling at all of them.
func Limits(cells []Cell) (all []Limit) {
	ceilings := map[Key]Cell{}
	key := func(c Cell) Key {
		if c.StoresNothing() {
			c.Durability = ""
		}
		return c.Key
	}
	for _, c := range Keep(cells, IsCeiling) {
		ceilings[key(c)] = c
	}
	for _, c := range cells {
		if !IsCeiling(c) {
			of := func(protocol string) Cell {
				ceiling := c
				ceiling.Protocol, ceiling.Variant = protocol, c.Protocol
				return ceilings[key(ceiling)]
			}
			all = append(all, Limit{c, of(result.Null), of(result.Pebble)})
		}
	}
	return all
}

// Share is the throughput as a share of the null protocol's, and OfPebble as one of Pebble's.
func (l Limit) Share() stat.Estimate { return l.shareOf(l.Ceiling) }

// OfPebble is described at Share.
func (l Limit) OfPebble() stat.Estimate { return l.shareOf(l.Pebble) }

// shareOf is the throughput as a share of the ceiling's in the same repetition, because both suffer the same noise.
func (l Limit) shareOf(ceiling Cell) stat.Estimate {
	var shares []float64
	for _, p := range l.Cell.Valid {
		same := func(q result.Point) bool { return q.Repetition == p.Repetition }
		if i := slices.IndexFunc(ceiling.Valid, same); i >= 0 {
			shares = append(shares, p.ThroughputMBps/ceiling.Valid[i].ThroughputMBps)
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
