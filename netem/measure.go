package netem

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// LinkMeasurement is one host's link as measured.
type LinkMeasurement struct {
	Host  string
	Peers []string // the hosts at the other end
	// TCP goodput in bit/s, both directions at once: host → switch and switch → host. With delays it is the payload that
	// TCP packets of the same number and size would have carried as the datagrams that were counted.
	UpBits, DownBits float64
	// Round trips of small TCP messages to the first peer. All links are idle; with delays, other hosts measure theirs.
	RTTMean, RTTP50, RTTP99 time.Duration
	RTTSamples              int
	Drops                   uint64        // in the queues of both directions while goodput was measured, ramp-up included
	Window                  time.Duration // the time over which goodput was measured
	Attempts                int           // how often goodput was measured; the best attempt is given
}

// slower is the goodput of the slower direction.
func (m *LinkMeasurement) slower() float64 { return min(m.UpBits, m.DownBits) }

// plan is how to measure.
type plan struct {
	rampUp, window time.Duration
	flows          int // connections between the two ends, each full in both directions
	pings          int
	attempts       int // at a link that comes out too slow
}

var (
	fullPlan = plan{rampUp: 400 * time.Millisecond, window: time.Second, flows: 4, pings: 500, attempts: 3}
	// With delays a round trip lasts long and takes next to no CPU time.
	delayedPlan = plan{rampUp: 400 * time.Millisecond, window: time.Second, pings: 50, attempts: 3}
)

// enough is the share of a shaped link's goodput below which a measurement is repeated: other work kept the
// processors from filling the link, so it said nothing about the link.
const enough = 0.99

// SegmentBytes is the TCP payload of a full frame.
const SegmentBytes = frameBytes - headerBytes

// Goodput is the most TCP payload, in bit/s, that one direction of a link of rateBits carries.
func Goodput(rateBits int64) float64 { return float64(rateBits) * SegmentBytes / wireBytes }

// Measure measures every host's link, one after the other, with all hosts up: first all round trips, then all
// goodputs. The first host's link is measured against all others together, so that it is the one that fills; the
// others against the first host. A shaped link that comes out more than 1 % too slow is measured up to three times. A
// testbed of one host has nothing to measure. It takes about 1.5 s a host.
//
// With delays, round trips are measured at once, and goodput with datagrams on the links of two hosts at a time.
func (tb *Testbed) Measure(ctx context.Context) ([]LinkMeasurement, error) {
	if tb.Topology.Delay != nil {
		return tb.measure(ctx, delayedPlan)
	}
	return tb.measure(ctx, fullPlan)
}

func (tb *Testbed) measure(ctx context.Context, p plan) ([]LinkMeasurement, error) {
	if len(tb.hosts) < 2 {
		return nil, nil
	}
	links := make([]LinkMeasurement, len(tb.hosts))
	if err := tb.measureRTTs(ctx, links, p); err != nil {
		return nil, err
	}
	if tb.Topology.Delay != nil {
		return links, tb.measureRates(ctx, links, p)
	}
	for i, h := range tb.hosts {
		err := tb.best(p, links[i:i+1], func() ([]LinkMeasurement, error) { return measureGoodput(ctx, h, tb.peers(i), p) })
		if err != nil {
			return nil, fmt.Errorf("netem: goodput of %s: %w", h.Name, err)
		}
	}
	return links, nil
}

// best measures the goodput of links, of which the first is as fast as all, until it is what a link should give or the
// attempts are used up. The links keep the best attempt.
func (tb *Testbed) best(p plan, links []LinkMeasurement, try func() ([]LinkMeasurement, error)) error {
	target := enough * Goodput(tb.Topology.RateBits)
	for attempt := 1; attempt <= p.attempts && (attempt == 1 || links[0].slower() < target); attempt++ {
		tried, err := try()
		if err != nil {
			return err
		}
		for i, t := range tried {
			l := &links[i]
			if attempt == 1 || t.slower() > l.slower() {
				l.Peers, l.UpBits, l.DownBits, l.Window, l.Drops = t.Peers, t.UpBits, t.DownBits, t.Window, t.Drops
			}
			l.Attempts = attempt
		}
	}
	return nil
}

func (tb *Testbed) peers(i int) []*Host {
	if i == 0 {
		return tb.hosts[1:]
	}
	return tb.hosts[:1]
}

// measureRTTs measures all round trips.
func (tb *Testbed) measureRTTs(ctx context.Context, links []LinkMeasurement, p plan) error {
	g, ctx := errgroup.WithContext(ctx)
	if tb.Topology.Delay == nil {
		g.SetLimit(1) // small messages without delay would disturb each other
	}
	for i, h := range tb.hosts {
		g.Go(func() error {
			samples, err := ping(ctx, h, tb.peers(i)[0], p.pings)
			if err != nil {
				return fmt.Errorf("netem: round trip of %s: %w", h.Name, err)
			}
			slices.Sort(samples)
			m := &links[i]
			m.Host, m.RTTSamples = h.Name, len(samples)
			m.RTTMean, _ = meanSD(samples)
			m.RTTP50, m.RTTP99 = quantile(samples, 0.5), quantile(samples, 0.99)
			return nil
		})
	}
	return g.Wait()
}

// pingBytes is the size of a small message, there and back.
const pingBytes = 64

// ping measures n round trips of small messages over one connection, after a few that warm it up.
func ping(ctx context.Context, from, to *Host, n int) ([]time.Duration, error) {
	near, far, err := connect(ctx, from, to)
	if err != nil {
		return nil, err
	}
	defer near.Close()
	defer far.Close()
	defer context.AfterFunc(ctx, func() { near.Close(); far.Close() })()
	go func() { // ends with the connection, which the near side judges
		_, _ = io.CopyBuffer(struct{ io.Writer }{far}, struct{ io.Reader }{far}, make([]byte, pingBytes))
	}()
	const warmUp = 20
	samples := make([]time.Duration, warmUp+n)
	message := make([]byte, pingBytes)
	for i := range samples {
		start := time.Now()
		if _, err := near.Write(message); err != nil {
			return nil, err
		}
		if _, err := io.ReadFull(near, message); err != nil {
			return nil, err
		}
		samples[i] = time.Since(start)
	}
	return samples[warmUp:], nil
}
