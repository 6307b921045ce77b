package netem

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// DelayMeasurement is the sampled one-way delay from one host to another, without the path's own.
type DelayMeasurement struct {
	From, To  string
	Asked     Delay
	Samples   int // packets that arrived
	Lost      int
	Reordered int    // arrived after one sent later
	Drops     uint64 // by the sender's queue and NetEms meanwhile, to any destination; losses asked for are included
	// Floor is the median one-way delay with NetEm's set to 0. It has been subtracted from those below.
	Floor                             time.Duration
	Mean, SD, Min, P50, P90, P99, Max time.Duration
	// KS is the Kolmogorov–Smirnov distance to Asked. Differences of up to 0.1 ms do not count.
	KS float64
}

// delayGrain is the precision of NetEm's timers in a guest kernel, rounded up.
const delayGrain = 100 * time.Microsecond

// DelayTolerance is how far a measurement may be from the delay asked for.
type DelayTolerance struct {
	Mean float64 // as a share of the asked mean
	KS   float64 // of 2000 samples or more; n fewer may be further away, by √(2000/n)
}

// Tolerances while nothing else runs, and while hosts other than the sampled ones carry load: in a guest, the sampled
// packets then wait a little for its one processor.
var (
	QuietDelays  = DelayTolerance{Mean: 0.03, KS: 0.05}
	LoadedDelays = DelayTolerance{Mean: 0.05, KS: 0.10}
)

// fullSamples are enough for a Kolmogorov–Smirnov distance of less than 0.05 in all but one of 10 000 measurements.
const fullSamples = 2000

// Off says how mean, distribution or losses differ from what was asked. It is empty if they do not.
func (m DelayMeasurement) Off(t DelayTolerance) string {
	var off []string
	tell := func(format string, a ...any) { off = append(off, fmt.Sprintf(format, a...)) }
	n := float64(m.Samples + m.Lost)
	// A binomial count strays by more than four standard deviations once in 16 000 times.
	asked := n * m.Asked.Loss
	if spread := 4 * math.Sqrt(asked*(1-m.Asked.Loss)); math.Abs(float64(m.Lost)-asked) > spread {
		tell("%d of %.0f packets were lost, asked for %.0f ± %.0f", m.Lost, n, asked, spread)
	}
	if m.Samples == 0 {
		tell("no packet arrived")
		return m.path(off)
	}
	mean := m.Asked.AskedMean()
	if allowed := time.Duration(t.Mean*float64(mean)) + delayGrain; (m.Mean - mean).Abs() > allowed {
		tell("mean %.2f ms, asked for %.2f ± %.2f", milliseconds(m.Mean), milliseconds(mean), milliseconds(allowed))
	}
	if allowed := t.KS * math.Sqrt(fullSamples/min(fullSamples, float64(m.Samples))); m.KS > allowed {
		tell("Kolmogorov–Smirnov distance %.3f to the distribution asked for, allowed is %.3f", m.KS, allowed)
	}
	return m.path(off)
}

func (m DelayMeasurement) path(off []string) string {
	if len(off) == 0 {
		return ""
	}
	return fmt.Sprintf("delay from %s to %s: %s", m.From, m.To, strings.Join(off, "; "))
}

func milliseconds(d time.Duration) float64 { return float64(d) / 1e6 }

// MeasureDelays samples the one-way delay of 2000 packets for each host and each distinct Delay of that host, all at
// once; no other load should run. Before that it samples the paths' own delay, with NetEm's set to 0. Together it takes
// 4 to 5 s. Where Delay.RateBits keeps packets in order, fewer are sent, so far apart that none waits for another.
// Without delays there is nothing to measure.
func (tb *Testbed) MeasureDelays(ctx context.Context) ([]DelayMeasurement, error) {
	paths := tb.delayPaths()
	if len(paths) == 0 {
		return nil, nil
	}
	floors, err := tb.sampleFloors(ctx, paths)
	if err != nil {
		return nil, err
	}
	longest := slices.MaxFunc(paths, func(a, b path) int { return cmp.Compare(a.asked.Quantile(1), b.asked.Quantile(1)) })
	n, every := samplesOf(paths)
	before, err := tb.upDrops(paths)
	if err != nil {
		return nil, err
	}
	trains, err := runTrains(ctx, paths, n, every, longest.asked.Quantile(1))
	if err != nil {
		return nil, err
	}
	after, err := tb.upDrops(paths)
	if err != nil {
		return nil, err
	}
	measured := make([]DelayMeasurement, len(paths))
	for i, t := range trains {
		measured[i] = t.measurement(paths[i].asked, floors[i])
		measured[i].Drops = uint64(after[i] - before[i])
	}
	return measured, nil
}

// A path leads from one host to another, with the delay asked for.
type path struct {
	from, to *Host
	asked    Delay
}

// delayPaths returns one path for each host and each distinct Delay of what it sends. If all Delays are the same, the
// paths form a ring, so that each host also receives.
func (tb *Testbed) delayPaths() (paths []path) {
	if tb.Topology.Delay == nil {
		return nil
	}
	for i, from := range tb.hosts {
		seen := map[Delay]bool{}
		for j := 1; j < len(tb.hosts); j++ {
			to := tb.hosts[(i+j)%len(tb.hosts)]
			d := tb.Topology.Delay(from.Name, to.Name).filled()
			if !seen[d] && !d.nothing() {
				paths = append(paths, path{from, to, d})
			}
			seen[d] = true
		}
	}
	return paths
}

const (
	floorSamples = 200
	sampleEvery  = time.Millisecond
)

// sampleFloors finds the paths' own delays, with NetEm switched off meanwhile.
func (tb *Testbed) sampleFloors(ctx context.Context, paths []path) (floors []time.Duration, err error) {
	if err := tb.SetDelays(false); err != nil {
		return nil, err
	}
	trains, err := runTrains(ctx, paths, floorSamples, sampleEvery, 0)
	if err = errors.Join(err, tb.SetDelays(true)); err != nil {
		return nil, err
	}
	floors = make([]time.Duration, len(paths))
	for i, t := range trains {
		if len(t.delays) < floorSamples {
			return nil, t.failed(fmt.Errorf("%d of %d packets got lost without NetEm", floorSamples-len(t.delays), floorSamples))
		}
		slices.Sort(t.delays)
		floors[i] = quantile(t.delays, 0.5)
	}
	middle := slices.Sorted(slices.Values(floors))
	tb.floor.Store(int64(quantile(middle, 0.5)))
	return floors, nil
}

// samplesOf returns how many packets to send on each path, and how far apart.
func samplesOf(paths []path) (n int, every time.Duration) {
	every = sampleEvery
	for _, p := range paths {
		if p.asked.RateBits > 0 {
			every = max(every, p.asked.Quantile(1)-p.asked.Quantile(0)+sampleEvery)
		}
	}
	const longest = 5 * time.Second
	return min(fullSamples, int(longest/every)), every
}

// upDrops counts the packets of the paths' senders that were dropped so far.
func (tb *Testbed) upDrops(paths []path) ([]uint32, error) {
	drops := make([]uint32, len(paths))
	for i, p := range paths {
		c, err := p.from.counted()
		if err != nil {
			return nil, err
		}
		drops[i] = c.Up.Drops
	}
	return drops, nil
}

// ksDistance is the Kolmogorov–Smirnov distance between sorted samples and a distribution: the greatest difference,
// over all x, between the share of the samples that are at most x and cdf(x). A sample at most grain away from a value
// counts as that value: finer differences are the clock's. n samples of that distribution exceed 1.36/√n once in 20
// times and 1.95/√n once in 1000.
func ksDistance(sorted []time.Duration, cdf func(time.Duration) float64, grain time.Duration) (distance float64) {
	n := float64(len(sorted))
	for i, x := range sorted {
		below, upTo := float64(i)/n, float64(i+1)/n
		distance = max(distance, cdf(x-grain-1)-below, upTo-cdf(x+grain))
	}
	return distance
}

// meanSD returns mean and standard deviation.
func meanSD(samples []time.Duration) (mean, sd time.Duration) {
	n := float64(len(samples))
	var sum, squares float64
	for _, s := range samples {
		sum += float64(s)
	}
	for _, s := range samples {
		squares += (float64(s) - sum/n) * (float64(s) - sum/n)
	}
	return time.Duration(sum / n), time.Duration(math.Sqrt(squares / n))
}

// quantile is the least of the sorted samples that a share p of them does not exceed.
func quantile(sorted []time.Duration, p float64) time.Duration {
	return sorted[max(0, int(math.Ceil(p*float64(len(sorted))))-1)]
}
