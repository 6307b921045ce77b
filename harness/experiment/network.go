package experiment

import (
	"fmt"
	"regexp"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/powbench/powbench/harness/result"
)

// Delay is NetEm's configuration for the packets from one host to another. The zero Delay does nothing.
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

// delay reads a Delay. Keys that the file leaves out keep their value, or get the default if there was no Delay.
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

// Regions is a WAN of several places. Delays has a Delay for each pair of them, under "from-to"; where the opposite
// direction, "to-from", is not there, it is the same. Packets within a region are not delayed.
type Regions struct {
	Names  []string         `json:"names"`
	Delays map[string]Delay `json:"delays"`
}

// A name has no dash, which separates the names of a pair.
var regionPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_]{0,31}$`)

// Region is the region of server host i, and of client host i, from 0: both take the regions in turn. It is empty if
// the testbed has none.
func (t Testbed) Region(i int) string {
	if len(t.Regions.Names) == 0 {
		return ""
	}
	return t.Regions.Names[i%len(t.Regions.Names)]
}

// Between is the Delay of packets from a host in one region to another host, in the same or another region.
// Without regions it is the same whatever their names; without NetEm, and within a region, it is the zero Delay.
func (t Testbed) Between(from, to string) Delay {
	if len(t.Regions.Names) == 0 {
		return t.Delay
	}
	return t.Regions.between(from, to)
}

func (r Regions) between(from, to string) Delay {
	if d, ok := r.Delays[pair(from, to)]; ok {
		return d
	}
	return r.Delays[pair(to, from)]
}

// pair is the key of the delay from one region to another.
func pair(from, to string) string { return from + "-" + to }

// regions reads regions, and replaces those that are there already.
func regions(to *Regions) value {
	return func(n ast.Node) error {
		var r Regions
		var delays ast.Node // read last: their keys are made of the names
		err := object(keys{
			"names":  list(&r.Names, regionName),
			"delays": func(n ast.Node) error { delays = n; return nil },
		})(n)
		switch {
		case err != nil:
			return err
		case len(r.Names) < 2 || len(r.Names) > maxRegions:
			return at(n, "must have from 2 to %d names, not %d", maxRegions, len(r.Names))
		case delays == nil:
			return at(n, "have no delays: add delays: {%s: {mean: 20ms}, …}", pair(r.Names[0], r.Names[1]))
		}
		*to = r
		return under("delays", to.readDelays(delays))
	}
}

func regionName(to *string) value {
	return pattern(to, regionPattern, "up to 32 small letters, digits and _, without a dash, which joins two regions")
}

// readDelays reads the delays of all pairs of regions, of which each needs one in at least one direction.
func (r *Regions) readDelays(n ast.Node) error {
	r.Delays = map[string]Delay{}
	known := keys{}
	for i, from := range r.Names {
		for _, to := range r.Names[i+1:] {
			for _, key := range []string{pair(from, to), pair(to, from)} {
				known[key] = func(n ast.Node) error {
					var d Delay
					err := delay(&d)(n)
					r.Delays[key] = d
					return err
				}
			}
		}
	}
	if err := object(known)(n); err != nil {
		return err
	}
	for i, from := range r.Names {
		for _, to := range r.Names[i+1:] {
			if r.between(from, to) == (Delay{}) {
				return at(n, "none for %[1]s: add one such as %[1]s: {mean: 20ms}", pair(from, to))
			}
		}
	}
	return nil
}
