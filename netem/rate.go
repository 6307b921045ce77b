package netem

import (
	"context"
	"errors"
	"fmt"
)

// measureRates measures the links of two hosts at a time, the last of an odd number with the first again.
func (tb *Testbed) measureRates(ctx context.Context, links []LinkMeasurement, p plan) error {
	for i := 0; i < len(tb.hosts); i += 2 {
		j := (i + 1) % len(tb.hosts)
		again := links[j]
		err := tb.bestRate(ctx, [2]*Host{tb.hosts[i], tb.hosts[j]}, [2]*LinkMeasurement{&links[i], &again}, p)
		if err != nil {
			return fmt.Errorf("netem: rate between %s and %s: %w", tb.hosts[i].Name, tb.hosts[j].Name, err)
		}
		if j > i {
			links[j] = again
		}
	}
	return nil
}

// bestRate measures until both links give their rate, or the attempts are used up.
func (tb *Testbed) bestRate(ctx context.Context, hosts [2]*Host, links [2]*LinkMeasurement, p plan) error {
	target := enough * Goodput(tb.Topology.RateBits)
	for attempt := 1; attempt <= p.attempts && (attempt == 1 || links[0].slower() < target); attempt++ {
		try, err := measureRate(ctx, hosts, p)
		if err != nil {
			return err
		}
		for i, l := range links {
			if attempt == 1 || try[0].slower() > l.slower() {
				l.UpBits, l.DownBits, l.Window, l.Drops = try[i].UpBits, try[i].DownBits, try[i].Window, try[i].Drops
			}
			l.Peers, l.Attempts = []string{hosts[1-i].Name}, attempt
		}
	}
	return nil
}

// measureRate measures once.
func measureRate(ctx context.Context, hosts [2]*Host, p plan) (links [2]LinkMeasurement, err error) {
	x, err := newBlast(hosts[0], hosts[1])
	if err != nil {
		return links, err
	}
	before, err := bothCounters(hosts)
	if err != nil {
		x.close()
		return links, err
	}
	frames, window, err := x.run(ctx, p)
	if err != nil {
		return links, err
	}
	after, err := bothCounters(hosts)
	const payloadBits = 8 * SegmentBytes
	for i := range links {
		passed := after[i].Since(before[i])
		links[i] = LinkMeasurement{
			UpBits: frames[i] * payloadBits, DownBits: frames[1-i] * payloadBits, Window: window,
			Drops: uint64(passed.Up.Drops) + uint64(passed.Down.Drops),
		}
	}
	return links, err
}

// bothCounters are the counters of both links, zero if they are not shaped.
func bothCounters(hosts [2]*Host) (c [2]Counters, err error) {
	for i, h := range hosts {
		if c[i], err = h.Counters(); err != nil && !errors.Is(err, ErrUncounted) {
			return c, err
		}
	}
	return c, nil
}
