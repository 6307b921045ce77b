package testbed

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/netem"
)

// Calibrate implements Testbed.
func (l *loopback) Calibrate(ctx context.Context, note func(string)) (n Network, err error) {
	note("measuring every link")
	if n.Links, err = l.measureLinks(ctx, note); err != nil {
		return n, err
	}
	if l.spec.Delays != nil {
		n.Delays, err = l.measureDelays(ctx, note)
	}
	n.Off = linkOff(n.Links, l.net.Topology.RateBits, l.spec.Tolerance)
	for _, d := range n.Delays {
		n.Off = cmp.Or(n.Off, d.Off)
	}
	return n, err
}

func (l *loopback) measureLinks(ctx context.Context, note func(string)) (links []result.Link, err error) {
	measured, err := l.net.Measure(ctx)
	if err != nil {
		return nil, err
	}
	for _, m := range measured {
		link := result.Link{
			Host: m.Host, Peer: strings.Join(m.Peers, " "), UpMbps: m.UpBits / 1e6, DownMbps: m.DownBits / 1e6,
			RTTUsMean: us(m.RTTMean), RTTUsP50: us(m.RTTP50), RTTUsP99: us(m.RTTP99), RTTSamples: m.RTTSamples,
			QueueDrops: m.Drops, MeasuredFor: m.Window.Seconds(), Attempts: m.Attempts,
		}
		note(fmt.Sprintf("link of %s: %.0f Mbit/s up, %.0f down, round trip %.0f µs",
			link.Host, link.UpMbps, link.DownMbps, link.RTTUsP50))
		links = append(links, link)
	}
	return links, nil
}

func us(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }
func ms(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }

// linkOff names the first link whose goodput is not what its rate promises. It is empty if all are right or unshaped.
func linkOff(links []result.Link, rateBits int64, tolerance float64) string {
	if rateBits == 0 {
		return ""
	}
	want := netem.Goodput(rateBits) / 1e6
	for _, l := range links {
		for _, got := range []float64{l.UpMbps, l.DownMbps} {
			if got < want*(1-tolerance) || got > want*(1+tolerance) {
				return fmt.Sprintf("the link of %s carries %.0f Mbit/s up and %.0f down, its rate promises %.0f",
					l.Host, l.UpMbps, l.DownMbps, want)
			}
		}
	}
	return ""
}

// measureDelays samples the delay of every path.
func (l *loopback) measureDelays(ctx context.Context, note func(string)) (all []result.MeasuredDelay, err error) {
	note("sampling the delay of every link")
	measured, err := l.net.MeasureDelays(ctx)
	if err != nil {
		return nil, err
	}
	for _, m := range measured {
		d := measuredDelay(m, l.spec.Delays.Tolerance)
		note(fmt.Sprintf("delay from %s to %s: mean %.2f ms, sd %.2f; asked %.2f, sd %.2f; KS distance %.3f",
			d.From, d.To, d.MeanMs, d.SDMs, d.AskedMeanMs, d.AskedSDMs, d.KS))
		all = append(all, d)
	}
	return all, nil
}

func measuredDelay(m netem.DelayMeasurement, t netem.DelayTolerance) result.MeasuredDelay {
	return result.MeasuredDelay{
		From: m.From, To: m.To, Samples: m.Samples, Lost: m.Lost, Reordered: m.Reordered, Dropped: m.Drops, FloorMs: ms(m.Floor),
		MeanMs: ms(m.Mean), SDMs: ms(m.SD), MinMs: ms(m.Min), P50Ms: ms(m.P50), P90Ms: ms(m.P90), P99Ms: ms(m.P99),
		MaxMs: ms(m.Max), AskedMeanMs: ms(m.Asked.AskedMean()), AskedSDMs: ms(m.Asked.AskedSD()), KS: m.KS, Off: m.Off(t),
	}
}

// probeEvery is the time between two samples: many enough to tell a distribution by, too few to load anything.
const probeEvery = 4 * time.Millisecond

// StartProbe implements Shaper. The probe tells whether NetEm kept its time while the machine was busy.
func (n namespaces) StartProbe() (stop func() (result.MeasuredDelay, error), err error) {
	end, err := n.net.StartProbe(n.net.Host(hostName("probe", 0)), n.net.Host(hostName("probe", 1)), probeEvery)
	return func() (result.MeasuredDelay, error) {
		m, err := end()
		return measuredDelay(m, loaded(n.spec.Delays.Tolerance)), err
	}, err
}

// loaded is the tolerance of a probe, whose packets wait for a processor that carries a load.
func loaded(quiet netem.DelayTolerance) netem.DelayTolerance {
	return netem.DelayTolerance{
		Mean: quiet.Mean * netem.LoadedDelays.Mean / netem.QuietDelays.Mean,
		KS:   min(1, quiet.KS*netem.LoadedDelays.KS/netem.QuietDelays.KS),
	}
}
