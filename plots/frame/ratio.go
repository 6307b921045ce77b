package frame

import (
	"fmt"
	"math"
	"slices"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/stat"
)

// A Ratio compares the peak throughput of two protocols in the same figure and set-up, at the same operation, t and
// value size.
type Ratio struct {
	Over, Under Cell // the peaks that are divided: Over / Under
	// N is the number of repetitions in which both are valid; Value their geometric mean ratio, 0 if N is 0.
	N     int
	Value float64
	// Low and High bound the 95 % confidence interval; 0 if N < 2, when there is none.
	Low, High float64
	// Model is the ratio that the network alone predicts, from the cost model; 0 if it is not known.
	Model float64
}

// String formats r as "1.48 [1.45, 1.51]", "1.48" without an interval, and "–" without a value.
func (r Ratio) String() string {
	switch r.N {
	case 0:
		return stat.Missing
	case 1:
		return fmt.Sprintf("%.2f", r.Value)
	default:
		return fmt.Sprintf("%.2f [%.2f, %.2f]", r.Value, r.Low, r.High)
	}
}

// NewRatio pairs the two cells by repetition, because both are measured once in each and so suffer the same noise. A
// ratio is skewed and its logarithm is not, so that takes Student's t: exp(mean ± t(n−1)·s/√n) of ln(over/under).
func NewRatio(over, under Cell) Ratio {
	r := RatioOf(over, under, throughputMBps)
	if a, b := over.cost(), under.cost(); a > 0 && b > 0 {
		r.Model = b / a
	}
	return r
}

// RatioOf is the ratio of any quantity, without the model's.
func RatioOf(over, under Cell, of func(result.Point) float64) Ratio {
	r := Ratio{Over: over, Under: under}
	var logs []float64
	for _, p := range over.Valid {
		same := func(q result.Point) bool { return q.Repetition == p.Repetition }
		if i := slices.IndexFunc(under.Valid, same); i >= 0 {
			logs = append(logs, math.Log(of(p)/of(under.Valid[i])))
		}
	}
	e := stat.NewEstimate(logs)
	r.N = e.N
	if e.Known() {
		r.Value = math.Exp(e.Mean)
	}
	if e.HasInterval() {
		r.Low, r.High = math.Exp(e.Mean-e.Half), math.Exp(e.Mean+e.Half)
	}
	return r
}

// Ratios compares M-PoWerStore with each other protocol, wherever both were measured.
func Ratios(cells []Cell) []Ratio {
	var ratios []Ratio
	peaks := Peaks(cells)
	for _, over := range peaks {
		if over.Protocol != "mpowerstore" {
			continue
		}
		for _, under := range peaks {
			k := under.Key
			k.Protocol, k.Clients = over.Protocol, over.Clients
			if k == over.Key && under.Protocol != over.Protocol {
				ratios = append(ratios, NewRatio(over, under))
			}
		}
	}
	return ratios
}
