package workloads

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/powbench/powbench/harness/result"
)

// Arrivals returns the instant at which the next operation of an open loop is meant to begin, whether or not earlier ones
// have ended, in ns since the load's start. Instants do not descend. It is not safe for concurrent use.
type Arrivals func() int64

// NewArrivals returns one of the streams among which a load divides its rate, in operations per second, above 0; stream
// counts from 0. The process is result.Poisson or result.Fixed. Together the streams are one process of that rate:
// independent Poisson streams add up to a Poisson process, and fixed ones take turns.
func NewArrivals(process string, seed uint64, rate float64, stream, streams int) (Arrivals, error) {
	if !(rate > 0) {
		return nil, fmt.Errorf("arrivals at a rate of %v/s: give more than 0", rate)
	}
	ns := func(seconds float64) int64 { return int64(seconds * float64(time.Second)) }
	switch process {
	case result.Poisson:
		random := rand.New(rand.NewPCG(Derive(seed, "arrivals", stream), 0))
		now, mean := 0., float64(streams)/rate
		return func() int64 {
			now += mean * random.ExpFloat64()
			return ns(now)
		}, nil
	case result.Fixed:
		next := stream - streams // counts instants of the grid, so that rounding does not add up
		return func() int64 {
			next += streams
			return ns(float64(next) / rate)
		}, nil
	}
	return nil, fmt.Errorf("unknown arrival process %q: choose %s or %s", process, result.Poisson, result.Fixed)
}
