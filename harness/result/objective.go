package result

import (
	"fmt"
	"math"
	"time"
)

// An Objective is a bound on a percentile of the latency of open loops, for which the highest rate is looked for that keeps it. Of
// the percentiles one has a bound; the zero Objective has none and asks for nothing.
type Objective struct {
	P50  Duration `json:"p50,omitempty"`
	P90  Duration `json:"p90,omitempty"`
	P99  Duration `json:"p99,omitempty"`
	P999 Duration `json:"p999,omitempty"`
	// Confidence is that of a rate's being kept or exceeded.
	Confidence Share `json:"confidence"`
	// Step is how far apart, as a share, the highest rate that is kept and the lowest that is not may be in the end.
	Step Share `json:"step"`
	// From is the lowest rate that is tried.
	From Frequency `json:"from"`
}

// A Limit is what an objective is about.
type Limit struct {
	Name  string  // of the percentile, such as "p99"
	Share float64 // of operations that may not be slower
	Bound Duration
}

// Limits are the objective's percentiles that have a bound: one if it is well-formed.
func (o Objective) Limits() (all []Limit) {
	for _, l := range []Limit{{"p50", 0.5, o.P50}, {"p90", 0.9, o.P90}, {"p99", 0.99, o.P99}, {"p999", 0.999, o.P999}} {
		if l.Bound > 0 {
			all = append(all, l)
		}
	}
	return all
}

// Asked reports whether there is an objective.
func (o Objective) Asked() bool { return len(o.Limits()) > 0 }

// Limit is what the objective is about; zero of one that is not Asked for.
func (o Objective) Limit() Limit { return append(o.Limits(), Limit{})[0] }

// String is the objective as a plan shows it.
func (o Objective) String() string {
	l := o.Limit()
	return fmt.Sprintf("%s of at most %v, with a confidence of %v", l.Name, l.Bound, o.Confidence)
}

// An Answer is what a sample of operations tells of an objective.
type Answer string

// The answers. Overrun is that of a rate at which operations wait ever longer to begin, whatever those took that ended.
const (
	Kept      Answer = "kept"
	Exceeded  Answer = "exceeded"
	Undecided Answer = "undecided"
	Overrun   Answer = "overrun"
)

// Judge says what a sample tells in which so many operations were slower than the bound. The percentile is at most the bound if
// each operation is slower with a probability of at most 1 − share. That is taken as shown, or as refuted, if otherwise so few, or so
// many, would be slower with a probability of at most 1 − Confidence: the exact binomial test.
func (o Objective) Judge(operations, slower int64) Answer {
	share, risk := o.Limit().Share, 1-o.Confidence.Fraction()
	switch {
	case AtMostBeyond(slower, operations, share) <= risk:
		return Kept
	case slower > 0 && 1-AtMostBeyond(slower-1, operations, share) <= risk:
		return Exceeded
	}
	return Undecided
}

// Least is how many operations it takes to show that a rate is kept, if none of them is slower than the bound: 299 for a p99 at
// 95 %.
func (o Objective) Least() int64 {
	return int64(math.Ceil(math.Log(1-o.Confidence.Fraction()) / math.Log(o.Limit().Share)))
}

// Enough is how many operations it takes if half as many are slower as may be.
func (o Objective) Enough() int64 {
	share, risk := o.Limit().Share, 1-o.Confidence.Fraction()
	for slower := int64(1); ; slower++ {
		n := max(o.Least(), int64(math.Ceil(float64(2*slower)/(1-share)-1e-9)))
		if AtMostBeyond(slower, n, share) <= risk {
			return n
		}
	}
}

// A Capacity is the search for the highest rate of an open loop at which one series keeps an objective. The Rate of its Load is
// the one found; 0 if none was.
type Capacity struct {
	Series
	Load
	Objective Objective `json:"objective"`
	Tries     []RateTry `json:"tries"` // in their order
}

// A RateTry is one rate that the search tried.
type RateTry struct {
	Rate          float64 `json:"rate"`       // of operations, per second, all hosts together
	Operations    int64   `json:"operations"` // that ended in the window, and those that the backlog grew by
	Slower        int64   `json:"slower"`     // of them, than the bound; what the backlog grew by counts
	PercentileMs  float64 `json:"percentile_ms"`
	ThroughputOps float64 `json:"throughput_ops"`
	Answer        Answer  `json:"answer"`
}

// Of reports whether the capacity is that of the cell, whose rate is looked for.
func (c Capacity) Of(sought Cell) bool {
	sought.Rate = c.Rate
	return Cell{c.Series, c.Load} == sought
}

// A Bounded is what the operations of a point tell of the objective that its rate was chosen for.
type Bounded struct {
	Percentile string  `json:"percentile"` // such as "p99"
	BoundMs    float64 `json:"bound_ms"`
	Confidence float64 `json:"confidence"`
	Slower     int64   `json:"slower"` // than the bound, as in a RateTry
	Answer     Answer  `json:"answer"`
}

// Bounded is what the sample tells, as a point has it.
func (o Objective) Bounded(operations, slower int64) *Bounded {
	l := o.Limit()
	return &Bounded{
		Percentile: l.Name, BoundMs: float64(l.Bound) / float64(time.Millisecond), Confidence: o.Confidence.Fraction(),
		Slower: slower, Answer: o.Judge(operations, slower),
	}
}
