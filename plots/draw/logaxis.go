package draw

import (
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
)

// LogAxis makes the axis one of decimal logarithms, from 1, 2 or 5 times a power of ten below all values to such a one
// above, times room. Values of 0 and less are not on it. plot.LogScale is no way to do this: plot.Align misplaces the
// panels of such axes.
func LogAxis(a *plot.Axis, values []float64, room float64) {
	values = slices.DeleteFunc(slices.Clone(values), func(x float64) bool { return x <= 0 })
	if len(values) == 0 {
		values = []float64{1}
	}
	low, high := roundLog(slices.Min(values), -1), roundLog(slices.Max(values), 1)*room
	a.Min, a.Max = math.Log10(low), math.Log10(high)
	a.Tick.Marker = plot.TickerFunc(LogTicks)
}

// roundLog is the nearest 1, 2 or 5 times a power of ten below x > 0 or, with a positive sign, above it.
func roundLog(x, sign float64) float64 {
	power := math.Pow10(int(math.Floor(math.Log10(x))))
	steps := []float64{0.5, 1, 2, 5, 10, 20}
	i := slices.IndexFunc(steps, func(s float64) bool { return s*power > x })
	if sign > 0 {
		return steps[i] * power
	}
	for i--; steps[i]*power >= x; i-- {
	}
	return steps[i] * power
}

// LogTicks is a plot.TickerFunc for logarithms: labels at 1, 2 and 5 times the powers of ten, or at the powers alone if
// these are many.
func LogTicks(low, high float64) []plot.Tick {
	factors := []float64{1, 2, 5}
	if high-low > 2.2 {
		factors = factors[:1]
	}
	const slack = 1e-9
	var ticks []plot.Tick
	for power := int(math.Floor(low)); float64(power) <= high; power++ {
		for _, f := range factors {
			x := f * math.Pow10(power)
			if at := math.Log10(x); low-slack <= at && at <= high+slack {
				ticks = append(ticks, plot.Tick{Value: at, Label: strconv.FormatFloat(x, 'f', max(0, -power), 64)})
			}
		}
	}
	return ticks
}
