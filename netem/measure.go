package netem

import (
	"context"
	"errors"
	"fmt"
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
	// Round trips of small TCP messages to the first peer, all links idle but, with delays, for other hosts' round trips.
	RTTMean, RTTP50, RTTP99 time.Duration
	RTTSamples              int
	Drops                   uint64        // in the queues of both directions while goodput was measured, ramp-up included
	Window                  time.Duration // the time over which goodput was measured
	Attempts                int           // how often goodput was measured; the best attempt is given
}

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
		if err := links[i].bestGoodput(ctx, h, tb.peers(i), p); err != nil {
			return nil, fmt.Errorf("netem: goodput of %s: %w", h.Name, err)
		}
	}
	return links, nil
}

// measureRTTs measures all round trips.
func (tb *Testbed) measureRTTs(ctx context.Context, links []LinkMeasurement, p plan) error {
	g, ctx := errgroup.WithContext(ctx)
	if tb.Topology.Delay == nil {
		g.SetLimit(1) // small messages without delay would disturb each other
	}
	for i, h := range tb.hosts {
		g.Go(func() error {
			if err := links[i].measureRTT(ctx, h, tb.peers(i)[0], p.pings); err != nil {
				return fmt.Errorf("netem: round trip of %s: %w", h.Name, err)
			}
			return nil
		})
	}
	return g.Wait()
}

func (tb *Testbed) peers(i int) []*Host {
	if i == 0 {
		return tb.hosts[1:]
	}
	return tb.hosts[:1]
}

func (m *LinkMeasurement) measureRTT(ctx context.Context, h, peer *Host, pings int) error {
	m.Host = h.Name
	samples, err := ping(ctx, h, peer, pings)
	if err != nil {
		return err
	}
	m.RTTMean, m.RTTP50, m.RTTP99 = summarise(samples)
	m.RTTSamples = len(samples)
	return nil
}

// bestGoodput measures goodput until it is what the link should give, or the attempts are used up.
func (m *LinkMeasurement) bestGoodput(ctx context.Context, h *Host, peers []*Host, p plan) error {
	for _, peer := range peers {
		m.Peers = append(m.Peers, peer.Name)
	}
	target := enough * Goodput(h.testbed.Topology.RateBits)
	for attempt := 1; attempt <= p.attempts && (attempt == 1 || m.slower() < target); attempt++ {
		try := *m
		if err := try.measureGoodput(ctx, h, peers, p); err != nil {
			return err
		}
		if attempt == 1 || try.slower() > m.slower() {
			*m = try
		}
		m.Attempts = attempt
	}
	return nil
}

// slower is the goodput of the slower direction.
func (m *LinkMeasurement) slower() float64 { return min(m.UpBits, m.DownBits) }

// measureGoodput measures once.
func (m *LinkMeasurement) measureGoodput(ctx context.Context, h *Host, peers []*Host, p plan) error {
	before, err := h.Counters()
	if err != nil && !errors.Is(err, ErrUncounted) {
		return err
	}
	f, err := startFlows(ctx, h, peers, max(1, p.flows/len(peers)))
	if err != nil {
		return err
	}
	err = m.watch(ctx, f, p)
	f.stop()
	if err != nil {
		return err
	}
	after, err := h.Counters()
	if errors.Is(err, ErrUncounted) {
		return nil
	}
	passed := after.Since(before)
	m.Drops = uint64(passed.Up.Drops) + uint64(passed.Down.Drops)
	return err
}

// watch lets the flows run through ramp-up and window and takes their goodput in the window.
func (m *LinkMeasurement) watch(ctx context.Context, f *flows, p plan) error {
	if err := f.run(ctx, p.rampUp); err != nil {
		return err
	}
	start := time.Now()
	up, down, err := f.received()
	if err != nil {
		return err
	}
	if err := f.run(ctx, p.window); err != nil {
		return err
	}
	m.Window = time.Since(start)
	upEnd, downEnd, err := f.received()
	m.UpBits = float64(upEnd-up) * 8 / m.Window.Seconds()
	m.DownBits = float64(downEnd-down) * 8 / m.Window.Seconds()
	return err
}
