package frame

import (
	"cmp"
	"slices"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/look"
	"github.com/powbench/powbench/plots/stat"
)

// Peaks reduces the cells of closed loops that differ only in the number of clients to the one with the highest mean
// throughput: the peak throughput, as the paper defines it. Where no cell has a valid point, the first stands for all.
func Peaks(cells []Cell) []Cell {
	var peaks []Cell
	for _, c := range Keep(cells, IsClosed) {
		same := func(o Cell) bool { o.Clients = c.Clients; return o.Key == c.Key }
		if i := slices.IndexFunc(peaks, same); i < 0 {
			peaks = append(peaks, c)
		} else if c.Throughput().Mean > peaks[i].Throughput().Mean {
			peaks[i] = c
		}
	}
	return peaks
}

// BoundOf is the protocol's network bound in MB/s, the same for all its cells but for the calibration, or 0.
func BoundOf(protocol string, cells []Cell) float64 {
	var bounds []float64
	for _, c := range cells {
		if b := c.Bound(); b > 0 && c.Protocol == protocol {
			bounds = append(bounds, b)
		}
	}
	return stat.NewEstimate(bounds).Mean
}

func ProtocolsOf(cells []Cell) []string {
	names := Distinct(cells, func(c Cell) string { return c.Protocol })
	slices.SortFunc(names, look.Compare)
	return names
}

// Distinct is the sorted set of what the cells have in some respect.
func Distinct[T cmp.Ordered](cells []Cell, of func(Cell) T) []T {
	all := make([]T, len(cells))
	for i, c := range cells {
		all[i] = of(c)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Keep is those that fit.
func Keep[T any](all []T, fits func(T) bool) []T {
	return slices.DeleteFunc(slices.Clone(all), func(x T) bool { return !fits(x) })
}

// Find is the cell that fits, or one without any point.
func Find(cells []Cell, fits func(Cell) bool) Cell {
	if i := slices.IndexFunc(cells, fits); i >= 0 {
		return cells[i]
	}
	return Cell{}
}

func AppendNew[T comparable](s []T, more ...T) []T {
	for _, x := range more {
		if !slices.Contains(s, x) {
			s = append(s, x)
		}
	}
	return s
}

func AllOf[T any](s []T, holds func(T) bool) bool {
	return !slices.ContainsFunc(s, func(x T) bool { return !holds(x) })
}

func SetsOf(cells []Cell) []*result.Set {
	var sets []*result.Set
	for _, c := range cells {
		sets = AppendNew(sets, c.Set)
	}
	return sets
}
