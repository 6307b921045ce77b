package workloads

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/powbench/powbench/harness/result"
)

// Arrivals says when successive operations of an open loop are meant to begin, whether or not earlier ones have ended. It is not safe for concurrent use.
type Arrivals interface {
	// Next returns the next instant, in ns since the load's start. Instants do not descend.
	Next() int64
}

// NewArrivals returns one of the streams among which a load divides its rate, in operations per second, above 0; stream
// counts from 0. The process is result.Poisson or result.Fixed. Together the streams are one process of that rate:
// independent Poisson streams add up to a Poisson process, and fixed ones take turns.
func NewArrivals(process string, seed uint64, rate float64, stream, streams int) (Arrivals, error) {
	if !(rate > 0) {
		return nil, fmt.Errorf("arrivals at a rate of %v/s: give more than 0", rate)
	}
	switch process {
	case result.Poisson:
		source := rand.New(rand.NewPCG(Derive(seed, "arrivals", stream), 0))
		return &poisson{mean: float64(streams) / rate, random: source}, nil
	case result.Fixed:
		return &fixed{rate: rate, next: stream, streams: streams}, nil
	}
	return nil, fmt.Errorf("unknown arrival process %q: choose %s or %s", process, result.Poisson, result.Fixed)
}

// poisson is a Poisson process.
type poisson struct {
	now, mean float64 // seconds; mean is that of the gaps
	random    *rand.Rand
}

// Next implements Arrivals.
func (p *poisson) Next() int64 {
	p.now += p.mean * p.random.ExpFloat64()
	return nanoseconds(p.now)
}

// fixed takes every so many instants of a grid. It counts them, so that rounding does not add up.
type fixed struct {
	rate          float64 // of all streams together
	next, streams int
}

// Next implements Arrivals.
func (f *fixed) Next() int64 {
	at := nanoseconds(float64(f.next) / f.rate)
	f.next += f.streams
	return at
}

func nanoseconds(seconds float64) int64 { return int64(seconds * float64(time.Second)) }
