package netem

import (
	"math"
	"sync"
)

// tableScale is one jitter in the units of a distribution's table (the kernel's NETEM_DIST_SCALE).
const tableScale = 8192

// tables are the distributions by name, as the kernel takes them: equally likely steps away from the mean, ascending,
// of which NetEm draws one for each packet. The nil table stands for the kernel's own, even distribution.
var tables = map[string]func() []int16{
	"pareto":       sync.OnceValue(pareto),
	"pareto-exact": sync.OnceValue(paretoExact),
	"normal":       sync.OnceValue(normal),
	"uniform":      nil,
}

// tableSteps is the length of iproute2's tables.
const tableSteps = 4096

// pareto is iproute2's pareto.dist, number by number. Its source, tc/pareto.c, inverts the distribution function of a
// Pareto distribution of shape 3 and scale 1 at u = 1, 1−1/4096 … 1/4096, takes its mean 3/2 away and multiplies by
// 4/3 (its standard deviation is √3/2, so that is a little too much). What exceeds 16 bits, 1.1 %, is cut off.
func pareto() []int16 {
	t := make([]int16, 0, tableSteps)
	for i := 65536; i > 0; i -= 16 {
		u := float64(i) / 65536
		t = append(t, step((math.Pow(u, -1./3)-1.5)*4/3))
	}
	return t
}

// paretoExact has the same shape, moved and scaled until mean and standard deviation are 0 and 1 after the cut.
func paretoExact() []int16 {
	t := make([]int16, tableSteps)
	scale, offset := 1., 0.
	for range 200 { // a fixed point: the cut of each round changes what the next has to correct
		var sum, squares float64
		for i := range t {
			u := 1 - (float64(i)+0.5)/tableSteps
			y := min(scale*math.Pow(u, -1./3)+offset, math.MaxInt16/float64(tableScale))
			t[i] = step(y)
			sum += y
			squares += y * y
		}
		mean := sum / tableSteps
		sd := math.Sqrt(squares/tableSteps - mean*mean)
		scale, offset = scale/sd, (offset-mean)/sd
	}
	return t
}

// normal is iproute2's normal.dist, number by number: its source, tc/normal.c, walks along the distribution function
// and notes at each 16384th of it where it was last; every fourth note is a step.
func normal() []int16 {
	const notes = 4 * tableSteps
	var last [notes + 1]float64
	for x := -10.; x < 10.05; x += 0.00005 {
		last[int(math.RoundToEven(notes*(0.5+0.5*math.Erf(x/math.Sqrt2))))] = x
	}
	t := make([]int16, tableSteps)
	for i := range t {
		t[i] = step(last[4*i])
	}
	return t
}

// evenly stands in for the kernel's even distribution, which has no table.
var evenly = sync.OnceValue(func() []int16 {
	t := make([]int16, tableSteps)
	for i := range t {
		t[i] = step((float64(i)+0.5)/(tableSteps/2) - 1)
	}
	return t
})

// step is jitters in the table's units, as near as 16 bits allow.
func step(jitters float64) int16 {
	return int16(max(math.MinInt16, min(math.MaxInt16, math.RoundToEven(jitters*tableScale))))
}
