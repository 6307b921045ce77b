package frame

import (
	"fmt"
	"strings"
	"sync"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/stat"
)

// The percentiles that are shown, as shares.
const (
	Median = 0.5
	P99    = 0.99
)

// A Percentile is one of all operations of some runs together, in ms, with the interval that the runs leave it. It is not
// known if they have too few operations for it.
type Percentile struct {
	Share      float64 // such as 0.99
	Operations int64   // of the runs together
	stat.Estimate
	Worths []float64 // of each run in its order: stat.Jackknife
}

// PercentileOf is the percentile that one run, or a trial, has of its own operations.
func PercentileOf(share, ms float64, operations int64) Percentile {
	p := Percentile{Share: share, Operations: operations}
	if result.Supports(share, operations) {
		p.Estimate, p.Worths = stat.Exactly(ms), []float64{ms}
	}
	return p
}

// Lacks says how many operations there are and how many it takes.
func (p Percentile) Lacks() string {
	return fmt.Sprintf("%d of %d operations that it takes", p.Operations, result.PercentileNeeds(p.Share))
}

// PercentileNote says what percentiles in a table are, and when there is none.
func PercentileNote(shares ...float64) string {
	var needs []string
	for _, share := range shares {
		needs = append(needs, fmt.Sprintf("%s takes %d", PercentileName(share), result.PercentileNeeds(share)))
	}
	return fmt.Sprintf("Percentiles are of the operations of all valid runs together. – (in brackets: how many they are): too few, "+
		"%s.", strings.Join(needs, ", "))
}

// PercentileName is such as "p99".
func PercentileName(share float64) string { return fmt.Sprintf("p%g", 100*share) }

// Text is the percentile for a table, without its interval: if it is not known, the number of operations in brackets.
func (p Percentile) Text() string { return p.orOperations(stat.Digits(p.Mean)) }

// WithInterval is the percentile for a table, with its interval.
func (p Percentile) WithInterval() string { return p.orOperations(p.Estimate.String()) }

func (p Percentile) orOperations(known string) string {
	switch {
	case p.Known():
		return known
	case p.Operations == 0:
		return stat.Missing
	}
	return fmt.Sprintf("%s (%d)", stat.Missing, p.Operations)
}

// Percentile is that of the latencies of all valid runs together. Shares are those that points have: 0.5, 0.9, 0.99, 0.999.
func (c Cell) Percentile(share float64) Percentile { return c.latencies.of(share) }

// ServicePercentile is that of an open loop's service times.
func (c Cell) ServicePercentile(share float64) Percentile { return c.services.of(share) }

// percentiles finds those of a cell; nil finds none.
type percentiles func() map[float64]Percentile

func (all percentiles) of(share float64) Percentile {
	if all != nil {
		if p, known := all()[share]; known {
			return p
		}
	}
	return Percentile{Share: share}
}

// Latencies is the histogram of the latencies, in ns, of all valid runs together.
func (c Cell) Latencies() (*hdrhistogram.Histogram, error) {
	var all *hdrhistogram.Histogram
	for _, p := range c.Valid {
		h, err := hdrhistogram.Decode([]byte(p.Histogram))
		if err != nil {
			return nil, fmt.Errorf("%v, repetition %d: histogram: %w", c, p.Repetition, err)
		}
		if all == nil {
			all = h
		} else if dropped := all.Merge(h); dropped > 0 {
			return nil, fmt.Errorf("%v, repetition %d: %d of its latencies are beyond the histogram of the others", c, p.Repetition, dropped)
		}
	}
	return all, nil
}

var shares = []float64{Median, 0.9, P99, 0.999}

// percentilesOf takes them from the runs' histograms, when they are first asked for. None is known if a histogram cannot be
// read or is made in another way than the others.
func percentilesOf(runs []result.Point, histogram func(result.Point) string) percentiles {
	return sync.OnceValue(func() map[float64]Percentile {
		var all hdrhistogram.Snapshot
		var each []hdrhistogram.Snapshot
		for _, p := range runs {
			h, err := hdrhistogram.Decode([]byte(histogram(p)))
			if err != nil {
				return nil
			}
			s := *h.Export()
			if each = append(each, s); len(each) == 1 {
				all = s
				all.Counts = make([]int64, len(s.Counts))
			}
			if len(s.Counts) != len(all.Counts) || s.LowestTrackableValue != all.LowestTrackableValue {
				return nil
			}
			add(all.Counts, s.Counts, 1)
		}
		return merged(all, each)
	})
}

// merged is the percentiles of what the runs have all together, of which the interval is by what they have without each.
func merged(all hdrhistogram.Snapshot, each []hdrhistogram.Snapshot) map[float64]Percentile {
	together := hdrhistogram.Import(&all)
	without := map[float64][]float64{}
	for _, s := range each {
		if len(each) == 1 {
			break
		}
		add(all.Counts, s.Counts, -1)
		others := hdrhistogram.Import(&all)
		add(all.Counts, s.Counts, 1)
		for _, share := range shares {
			without[share] = append(without[share], ms(others, share))
		}
	}
	found := map[float64]Percentile{}
	for _, share := range shares {
		p := Percentile{Share: share, Operations: together.TotalCount()}
		if result.Supports(share, p.Operations) {
			p.Estimate, p.Worths = stat.Jackknife(ms(together, share), without[share])
		}
		found[share] = p
	}
	return found
}

// add adds the counts so many times.
func add(to, counts []int64, times int64) {
	for i, n := range counts {
		to[i] += times * n
	}
}

func ms(h *hdrhistogram.Histogram, share float64) float64 {
	return float64(h.ValueAtQuantile(100*share)) / 1e6
}
