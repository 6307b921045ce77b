package experiment

import (
	"fmt"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/powbench/powbench/harness/result"
)

// Delay is what NetEm does to the packets from one host to another. The zero Delay does nothing.
type Delay struct {
	Mean         result.Duration `json:"mean"`
	Jitter       result.Duration `json:"jitter"`       // the distribution's unit; at most Mean
	Distribution string          `json:"distribution"` // one of Distributions; without jitter it makes no difference
	Loss         result.Share    `json:"loss"`
	Reorder      result.Share    `json:"reorder"`        // of packets that are not delayed
	Limit        int             `json:"limit"`          // packets that NetEm holds
	Rate         result.Rate     `json:"rate,omitempty"` // of NetEm's own queue, which keeps packets in order; 0: none
}

// String is the delay as a plan shows it, such as "20ms ± 4ms pareto".
func (d Delay) String() string {
	s := d.Mean.String()
	if d.Jitter > 0 {
		s += fmt.Sprintf(" ± %v %s", d.Jitter, d.Distribution)
	}
	if d.Loss > 0 {
		s += fmt.Sprintf(", loss %v", d.Loss)
	}
	if d.Reorder > 0 {
		s += fmt.Sprintf(", reorder %v", d.Reorder)
	}
	if d.Rate > 0 {
		s += fmt.Sprintf(", in order at %v", d.Rate)
	}
	return s
}

// delay reads what a file says of a Delay over what it is already, or over the defaults if it is none.
func delay(to *Delay) value {
	return func(n ast.Node) error {
		d := *to
		if d == (Delay{}) {
			d = Delay{Distribution: pareto, Limit: defaultLimit}
		}
		err := object(d.keys())(n)
		switch {
		case err != nil:
			return err
		case d.Mean == 0:
			return at(n, "has no mean: add one such as mean: 20ms")
		case d.Jitter > d.Mean:
			return at(n, "the jitter, %v, exceeds the mean, %v: no packet arrives before it was sent; lower the jitter",
				d.Jitter, d.Mean)
		}
		*to = d
		return nil
	}
}

// NetEm reports whether packets are delayed at all.
func (t Testbed) NetEm() bool { return t.Delay != Delay{} || len(t.Regions.Names) > 0 }

// meanDelay is the mean one-way delay over all pairs of regions, or of the one Delay; 0 without NetEm.
func (t Testbed) meanDelay() time.Duration {
	if len(t.Regions.Delays) == 0 {
		return t.Delay.Mean.Std()
	}
	var sum time.Duration
	for _, d := range t.Regions.Delays {
		sum += d.Mean.Std()
	}
	return sum / time.Duration(len(t.Regions.Delays))
}

// ksLimit is how far a measured distribution of delays may be from the one that was asked for, at the default
// tolerance: the Kolmogorov–Smirnov distance, the largest difference of the two distribution functions.
const ksLimit = 0.05

// KSLimit is the Kolmogorov–Smirnov distance up to which a measured distribution of delays is taken for the one that
// was asked for: 0.05 at the default DelayTolerance, and in proportion at others, at most 1.
func (t Testbed) KSLimit() float64 {
	return min(1, ksLimit*float64(t.DelayTolerance)/float64(defaults().Testbed.DelayTolerance))
}
