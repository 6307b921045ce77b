package netem

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"
	"time"
)

// Delay is what NetEm does to the packets from one host to another. The zero Delay does nothing.
type Delay struct {
	Mean, Jitter time.Duration
	// Distribution is one of Tables, in units of Jitter around Mean. Empty stands for "pareto".
	Distribution  string
	Loss, Reorder float64 // probabilities; a reordered packet is not delayed at all
	// RateBits is the rate in bit/s of NetEm's own queue, which keeps packets in order: none leaves before the one in
	// front of it, and each takes its time at this rate. 0: no such queue, packets overtake each other.
	RateBits int64
	Limit    int // packets that may be under way; those beyond are dropped; 0: 100000
}

const (
	defaultTable   = "pareto"
	defaultPackets = 100_000
	maxJitter      = time.Duration(math.MaxInt32) // the kernel keeps the jitter in 32 bits of nanoseconds
)

// filled is d with the defaults in place of what is left out.
func (d Delay) filled() Delay {
	if d.Distribution == "" {
		d.Distribution = defaultTable
	}
	if d.Limit == 0 {
		d.Limit = defaultPackets
	}
	return d
}

// nothing tells whether packets pass as if there were no NetEm.
func (d Delay) nothing() bool {
	return d.Mean == 0 && d.Jitter == 0 && d.Loss == 0 && d.Reorder == 0 && d.RateBits == 0
}

// Check finds what NetEm could not do.
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

// CDF is the share of packets that NetEm is to delay by at most x, of those that are not lost. It is that of a packet
// alone: with RateBits, one behind others waits longer, and each takes its time on the wire.
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

// AskedMean is the mean of the delay: for "pareto", whose tail is clipped, a little less than Mean.
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

// Tables are the names of the distributions that a Delay can have:
//   - "pareto", iproute2's: heavy-tailed with shape 3. Its tail is cut off at 4 × Jitter, so that its mean is
//     Mean − 0.03 × Jitter and its standard deviation 0.82 × Jitter.
//   - "pareto-exact": the same shape, scaled so that mean and standard deviation are Mean and Jitter.
//   - "normal", iproute2's.
//   - "uniform": from Mean − Jitter to Mean + Jitter.
func Tables() []string {
	names := make([]string, 0, len(tables))
	for name := range tables {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
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
