package frame

import (
	"math"
	"slices"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/stat"
)

// Quantities of points against the value's size, beside throughput and latency, and what the cost model makes of them.
var (
	// Bytes is what one operation moves in both directions and between servers, in multiples of the value's size.
	Bytes          = func(p result.Point) float64 { return both(p.WireFactor) + p.BetweenFactor }
	ModelBytes     = func(p result.Point) float64 { return both(p.Model()) + p.ModelBetween }
	BoundMBps      = func(p result.Point) float64 { return p.BoundMBps }
	PredictedLeast = func(p result.Point) float64 { return p.Predicted.Low } // ms, of one client
)

func both(f result.TrafficFactor) float64 { return f.ClientToServer + f.ServerToClient }

// Alone is the cells of one client.
func Alone(cells []Cell) []Cell {
	return Keep(cells, func(c Cell) bool { return IsClosed(c) && c.Clients == 1 })
}

// A Lead says from which size of a value on M-PoWerStore is ahead of another protocol, at one operation and t.
type Lead struct {
	Op          string
	T           int
	Over, Under System
	Bytes       LeadIn // it moves fewer bytes per operation
	Peak        LeadIn // its peak throughput is higher
	Latency     LeadIn // one client's mean latency is lower
}

// A LeadIn is a lead in one respect, in bytes of the value: by the cost model, and as measured.
type LeadIn struct{ Model, Measured stat.Onset }

// An expense is a quantity of which less is ahead, as measured and as the cost model has it. The model's grows linearly with
// the value's size, and is 0 where it is not known.
type expense struct{ measured, model func(result.Point) float64 }

var (
	moved = expense{Bytes, func(p result.Point) float64 { return ModelBytes(p) * float64(p.ValueBytes) }}
	// taken is the time between two operations that end: the links' busier direction bounds it.
	taken = expense{
		func(p result.Point) float64 { return 1 / p.ThroughputOps },
		func(p result.Point) float64 {
			return max(p.Model().ClientToServer, p.Model().ServerToClient) * float64(p.ValueBytes)
		},
	}
	waited = expense{LatencyMean, PredictedLeast}
)

// Leads are M-PoWerStore's over each protocol that stores whole values, in the figure of sizes.
func Leads(cells []Cell) (leads []Lead) {
	cells = Keep(cells, func(c Cell) bool { return c.Figure == Sizes })
	peaks, alone := Peaks(cells), Alone(cells)
	systems := Each(cells, func(c Cell) System { return c.System })
	slices.SortFunc(systems, System.Compare)
	named := func(protocols ...string) []System {
		return Keep(systems, func(s System) bool { return slices.Contains(protocols, s.Protocol) && s.Variant == result.Paper })
	}
	for _, t := range Distinct(cells, func(c Cell) int { return c.T }) {
		for _, op := range Distinct(cells, func(c Cell) string { return c.Op }) {
			for _, over := range named("mpowerstore") {
				for _, under := range named("mabd", "phalanx") {
					l := Lead{Op: op, T: t, Over: over, Under: under}
					l.Bytes, l.Peak = moved.lead(l.couples(peaks)), taken.lead(l.couples(peaks))
					l.Latency = waited.lead(l.couples(alone))
					leads = append(leads, l)
				}
			}
		}
	}
	return leads
}

// couples are the cells of both protocols, by ascending size.
func (l Lead) couples(cells []Cell) (all []Couple) {
	own := Keep(cells, func(c Cell) bool { return c.Op == l.Op && c.T == l.T && len(c.Valid) > 0 })
	for _, over := range Keep(own, func(c Cell) bool { return c.System == l.Over }) {
		for _, under := range Keep(own, func(c Cell) bool { return c.System == l.Under && c.ValueBytes == over.ValueBytes }) {
			all = append(all, Couple{over, under})
		}
	}
	return all
}

// lead is where the first of the couples begins to have less. Measured ratios are interpolated on logarithms of sizes, the
// model's differences on sizes.
func (e expense) lead(couples []Couple) LeadIn {
	var sizes, logs []float64
	var differences, ratios []stat.Band
	for _, c := range couples {
		size := float64(c.A.ValueBytes)
		logs, ratios = append(logs, math.Log(size)), append(ratios, RatioOf(c.B, c.A, e.measured).Band())
		if a, b := c.A.Mean(e.model), c.B.Mean(e.model); a > 0 && b > 0 {
			sizes, differences = append(sizes, size), append(differences, stat.Sharp(b-a))
		}
	}
	measured := stat.NewOnset(logs, ratios)
	measured.At, measured.Low, measured.High = math.Exp(measured.At), math.Exp(measured.Low), math.Exp(measured.High)
	return LeadIn{Model: stat.NewOnset(sizes, differences), Measured: measured}
}
