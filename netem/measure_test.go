package netem

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"
)

// TestMeasureFindsTheRate allows more attempts than Measure does: a busy machine cannot always fill the link.
func TestMeasureFindsTheRate(t *testing.T) {
	const rate = 100e6
	tb := newTestbed(t, Topology{Hosts: []string{"a", "b", "c"}, RateBits: rate, Congestion: "reno"})
	links, err := tb.measure(t.Context(), plan{
		rampUp: 250 * time.Millisecond, window: 500 * time.Millisecond, flows: 4, pings: 50, attempts: 8,
	})
	if err != nil {
		t.Fatal(err)
	}
	const want = 94.15e6 // 1448 of the 1538 bytes that a full frame occupies on the wire are payload
	for i, l := range links {
		for direction, got := range map[string]float64{"up": l.UpBits, "down": l.DownBits} {
			if math.Abs(got/want-1) > 0.02 {
				t.Errorf("%s %s: %.1f Mbit/s, want %.1f ± 2 %%", l.Host, direction, got/1e6, want/1e6)
			}
		}
		if l.RTTSamples != 50 || l.RTTMean <= 0 || l.RTTP50 <= 0 || l.RTTP99 < l.RTTP50 {
			t.Errorf("%s: round trips %+v", l.Host, l)
		}
		if l.Host != tb.Topology.Hosts[i] || len(l.Peers) != len(tb.peers(i)) {
			t.Errorf("link %d is of host %s with peers %v", i, l.Host, l.Peers)
		}
	}
}

func TestMeasureUnshaped(t *testing.T) {
	tb := newTestbed(t, Topology{Hosts: []string{"a", "b"}})
	links, err := tb.measure(t.Context(), plan{
		rampUp: 50 * time.Millisecond, window: 100 * time.Millisecond, flows: 1, pings: 10, attempts: 3,
	})
	if err != nil {
		t.Fatal(err)
	}
	if l := links[0]; l.slower() <= 0 || l.Drops != 0 || l.Attempts != 1 {
		t.Errorf("unshaped link %+v, want goodput at the first attempt and no drops counted", l)
	}
}

func TestMeasureEndsWithItsContext(t *testing.T) {
	tb := NewLoopback(Topology{Hosts: []string{"a", "b"}})
	defer tb.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := tb.measure(ctx, plan{rampUp: 10 * time.Millisecond, window: time.Hour, flows: 1, pings: 10, attempts: 1})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("measure = %v, want the context's error", err)
	}
}

func TestMeasureOfOneHost(t *testing.T) {
	tb := NewLoopback(Topology{Hosts: []string{"a"}})
	if links, err := tb.Measure(t.Context()); len(links) != 0 || err != nil {
		t.Errorf("Measure = %v, %v; want nothing", links, err)
	}
}
