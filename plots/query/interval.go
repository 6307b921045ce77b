package query

import (
	"math"

	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/stat"
)

// An Interval is what is known of a quantity: its value and the 95 % confidence interval around it, in the quantity's
// unit.
type Interval struct {
	N         int  // repetitions; 0 if it is exact or if nothing is known
	Exact     bool // a count or a constant: Low, Value and High are the same
	Value     float64
	Low, High float64 // both Value if N is 1, when there is no interval
	geometric bool
}

// Bounded reports whether there is an interval, or no need for one.
func (i Interval) Bounded() bool { return i.Exact || i.N > 1 }

// Half is half of the interval's width.
func (i Interval) Half() float64 { return (i.High - i.Low) / 2 }

// estimate makes the interval of samples: that of their mean or, if geometric, that of their geometric mean, which is how
// plots.NewRatio estimates ratios.
func estimate(samples []float64, geometric bool) Interval {
	x := samples
	if geometric {
		x = make([]float64, len(samples))
		for i, s := range samples {
			x[i] = math.Log(s)
		}
	}
	e := stat.NewEstimate(x)
	i := Interval{N: e.N, Value: e.Mean, Low: e.Mean - e.Half, High: e.Mean + e.Half, geometric: geometric}
	if geometric {
		i.Value, i.Low, i.High = math.Exp(i.Value), math.Exp(i.Low), math.Exp(i.High)
	}
	return i
}

// affine is the interval of scale · x + shift.
func (i Interval) affine(scale, shift float64) Interval {
	i.Value, i.Low, i.High = i.Value*scale+shift, i.Low*scale+shift, i.High*scale+shift
	if i.Low > i.High {
		i.Low, i.High = i.High, i.Low
	}
	return i
}

// String formats i as figures' tables do: "58.1 ± 0.4", a ratio as "1.48 [1.45, 1.51]", and what has no interval as "58.1".
func (i Interval) String() string {
	switch {
	case i.Exact && i.Value == math.Trunc(i.Value):
		return plain(i.Value)
	case i.Exact:
		return stat.Estimate{N: 1, Mean: i.Value}.String()
	case i.geometric:
		return frame.Ratio{N: i.N, Value: i.Value, Low: i.Low, High: i.High}.String()
	default:
		return stat.Estimate{N: i.N, Mean: i.Value, Half: i.Half()}.String()
	}
}
