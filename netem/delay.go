package netem

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"
)

// A Delay says what NetEm does to the packets from one host to another. The zero Delay leaves them alone.
type Delay struct {
	Mean, Jitter time.Duration
	// Distribution is one of Tables, in units of Jitter around Mean. Empty stands for "pareto".
	Distribution  string
	Loss, Reorder float64 // probabilities; a reordered packet is not delayed at all
	// RateBits is the rate in bit/s of NetEm's own queue, which keeps packets in order; each takes its time at this rate.
	// 0: no such queue, packets overtake each other.
	RateBits int64
	Limit    int // of packets under way; further ones are dropped; 0: 100000
}

const (
	defaultTable   = "pareto"
	defaultPackets = 100_000
	maxJitter      = time.Duration(math.MaxInt32) // the kernel keeps the jitter in 32 bits of nanoseconds
)

// filled returns d with defaults for what is left out.
func (d Delay) filled() Delay {
	if d.Distribution == "" {
		d.Distribution = defaultTable
	}
	if d.Limit == 0 {
		d.Limit = defaultPackets
	}
	return d
}

// nothing tells whether d leaves packets alone.
func (d Delay) nothing() bool {
	return d.Mean == 0 && d.Jitter == 0 && d.Loss == 0 && d.Reorder == 0 && d.RateBits == 0
}

// Check returns an error if NetEm cannot do d.
func (d Delay) Check() error {
	probability := func(p float64) bool { return p >= 0 && p <= 1 }
	switch _, known := tables[d.filled().Distribution]; {
	case !known:
		return fmt.Errorf("netem: distribution %q: choose one of %s", d.Distribution, strings.Join(Tables(), ", "))
	case d.Mean < 0 || d.Jitter < 0 || d.Jitter > maxJitter:
		return fmt.Errorf("netem: delay %v ± %v: give a mean from 0 and a jitter from 0 to %v", d.Mean, d.Jitter, maxJitter)
	case !probability(d.Loss) || !probability(d.Reorder):
		return fmt.Errorf("netem: loss %g, reorder %g: give probabilities from 0 to 1", d.Loss, d.Reorder)
	case d.Reorder > 0 && d.Mean == 0:
		return errors.New("netem: reorder lets packets overtake delayed ones: give a mean delay too")
	case d.RateBits < 0 || d.RateBits > 0 && d.RateBits < 8 || d.Limit < 0 || int64(d.Limit) > math.MaxUint32:
		return fmt.Errorf("netem: rate %d bit/s, limit %d packets: give a rate from 8, or 0 for none, "+
			"and a limit from 1, or 0 for %d", d.RateBits, d.Limit, defaultPackets)
	}
	return nil
}

// CDF is the share of the packets not lost that NetEm is to delay by at most x. It holds for a packet alone: with
// RateBits, one behind others waits longer, and each takes its time on the wire.
func (d Delay) CDF(x time.Duration) float64 {
	if x < 0 {
		return 0
	}
	steps := d.steps()
	within := sort.Search(len(steps), func(i int) bool { return d.delayed(steps[i]) > x })
	return d.Reorder + (1-d.Reorder)*float64(within)/float64(len(steps))
}

// Quantile is the least delay that a share p of the packets does not exceed, the inverse of CDF.
func (d Delay) Quantile(p float64) time.Duration {
	if d.Reorder > 0 && p <= d.Reorder {
		return 0
	}
	steps := d.steps()
	i := int(math.Ceil((p-d.Reorder)/(1-d.Reorder)*float64(len(steps)))) - 1
	return d.delayed(steps[max(0, min(i, len(steps)-1))])
}

// AskedMean is the mean of the delay. For "pareto", whose tail is cut off, it is a little less than Mean.
func (d Delay) AskedMean() time.Duration {
	mean, _ := d.moments()
	return time.Duration(math.Round(mean))
}

// AskedSD is the standard deviation of the delay: for "pareto" 0.82, for "uniform" 0.58 times Jitter.
func (d Delay) AskedSD() time.Duration {
	mean, square := d.moments()
	return time.Duration(math.Round(math.Sqrt(max(0, square-mean*mean))))
}

// moments are the mean in ns and the mean square in ns².
func (d Delay) moments() (mean, square float64) {
	steps := d.steps()
	for _, step := range steps {
		x := float64(d.delayed(step))
		mean += x
		square += x * x
	}
	share := (1 - d.Reorder) / float64(len(steps))
	return mean * share, square * share
}

// steps are the equally likely values in units of Jitter × 8192, ascending.
func (d Delay) steps() []int16 {
	if t := tables[d.filled().Distribution]; t != nil {
		return t()
	}
	return evenly()
}

// delayed is the delay of a packet that draws the step. The kernel sends at once what it would delay by less than 0.
func (d Delay) delayed(step int16) time.Duration {
	return max(0, d.Mean+time.Duration(math.Round(float64(d.Jitter)*float64(step)/tableScale)))
}

// Tables returns the names of the distributions that a Delay can have:
//   - "pareto", iproute2's: heavy-tailed with shape 3. Its tail is cut off at 4 × Jitter, so that its mean is
//     Mean − 0.03 × Jitter and its standard deviation 0.82 × Jitter.
//   - "pareto-exact": the same shape, scaled so that mean and standard deviation are Mean and Jitter.
//   - "normal", iproute2's.
//   - "uniform": from Mean − Jitter to Mean + Jitter.
func Tables() []string {
	return slices.Sorted(maps.Keys(tables))
}

// checkDelays checks what Delay gives for every path.
func (t Topology) checkDelays() error {
	if t.Delay == nil {
		return nil
	}
	for _, from := range t.Hosts {
		for _, to := range t.Hosts {
			if from == to {
				continue
			}
			if err := t.Delay(from, to).Check(); err != nil {
				return fmt.Errorf("%w (from %s to %s)", err, from, to)
			}
		}
	}
	return nil
}

// tableScale is one jitter in the units of a distribution's table (the kernel's NETEM_DIST_SCALE).
const tableScale = 8192

// tables are the distributions by name as the kernel takes them: equally likely steps away from the mean, ascending, of
// which NetEm draws one for each packet. The nil table is the kernel's own, uniform distribution.
var tables = map[string]func() []int16{
	"pareto":       sync.OnceValue(pareto),
	"pareto-exact": sync.OnceValue(paretoExact),
	"normal":       sync.OnceValue(normal),
	"uniform":      nil,
}

// tableSteps is the length of iproute2's tables.
const tableSteps = 4096

// pareto is iproute2's pareto.dist, number by number. Its source, tc/pareto.c, inverts the distribution function of a
// Pareto distribution of shape 3 and scale 1 at u = 1, 1−1/4096 … 1/4096, subtracts its mean 3/2 and multiplies by 4/3,
// a little too much, because its standard deviation is √3/2. What exceeds 16 bits, 1.1 %, is cut off.
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
	for range 200 { // towards a fixed point: the cut of each round changes what the next must correct
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

// evenly stands in for the kernel's uniform distribution, which has no table.
var evenly = sync.OnceValue(func() []int16 {
	t := make([]int16, tableSteps)
	for i := range t {
		t[i] = step((float64(i)+0.5)/(tableSteps/2) - 1)
	}
	return t
})

// step converts jitters to the table's units, as near as 16 bits allow.
func step(jitters float64) int16 {
	return int16(max(math.MinInt16, min(math.MaxInt16, math.RoundToEven(jitters*tableScale))))
}
