package harness

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/powbench/powbench/harness/experiment"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/netem"
)

// probeNames are hosts that carry no load. The delay from the first to the second is sampled during every window: it
// tells whether NetEm kept its time while the machine was busy.
var probeNames = []string{"probe-1", "probe-2"}

// probeEvery is the time between two samples: many enough to tell a distribution by, too few to load anything.
const probeEvery = 4 * time.Millisecond

// delays is what NetEm does between the hosts of a testbed with those servers and clients. Of each kind, and of the
// probes, host i is in region i.
func delays(t experiment.Testbed, servers, clients []string) func(from, to string) netem.Delay {
	regions := map[string]string{}
	for _, hosts := range [][]string{servers, clients, probeNames} {
		for i, name := range hosts {
			regions[name] = t.Region(i)
		}
	}
	return func(from, to string) netem.Delay { return toNetEm(t.Between(regions[from], regions[to])) }
}

func toNetEm(d experiment.Delay) netem.Delay {
	return netem.Delay{
		Mean: d.Mean.Std(), Jitter: d.Jitter.Std(), Distribution: d.Distribution,
		Loss: d.Loss.Fraction(), Reorder: d.Reorder.Fraction(), RateBits: int64(d.Rate), Limit: d.Limit,
	}
}

// askedDelays is the manifest's form of what the experiment asks for.
func askedDelays(t experiment.Testbed) []result.Delay {
	if len(t.Regions.Names) == 0 {
		if !t.NetEm() {
			return nil
		}
		return []result.Delay{asked("", "", t.Delay)}
	}
	var all []result.Delay
	for _, from := range t.Regions.Names {
		for _, to := range t.Regions.Names {
			if from != to {
				all = append(all, asked(from, to, t.Between(from, to)))
			}
		}
	}
	return all
}

func asked(from, to string, d experiment.Delay) result.Delay {
	return result.Delay{
		From: from, To: to, MeanMs: ms(d.Mean.Std()), JitterMs: ms(d.Jitter.Std()), Distribution: d.Distribution,
		Loss: d.Loss.Fraction(), Reorder: d.Reorder.Fraction(), RateBits: int64(d.Rate), Limit: d.Limit,
	}
}

func ms(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }

// tolerance is how far delays may be from what was asked for while nothing else runs.
func tolerance(t experiment.Testbed) netem.DelayTolerance {
	return netem.DelayTolerance{Mean: t.DelayTolerance.Fraction(), KS: t.KSLimit()}
}

// loadedTolerance is that of a probe, whose packets wait for a processor that carries a load.
func loadedTolerance(t experiment.Testbed) netem.DelayTolerance {
	quiet := tolerance(t)
	return netem.DelayTolerance{
		Mean: quiet.Mean * netem.LoadedDelays.Mean / netem.QuietDelays.Mean,
		KS:   min(1, quiet.KS*netem.LoadedDelays.KS/netem.QuietDelays.KS),
	}
}

// measureDelays samples the delay of every path.
func (r *runner) measureDelays(ctx context.Context) ([]result.MeasuredDelay, error) {
	r.progress.note("sampling the delay of every link")
	measured, err := r.hosts.testbed.MeasureDelays(ctx)
	if err != nil {
		return nil, err
	}
	var all []result.MeasuredDelay
	for _, m := range measured {
		d := measuredDelay(m, tolerance(r.experiment.Testbed))
		r.progress.note(fmt.Sprintf("delay from %s to %s: mean %.2f ms, sd %.2f; asked %.2f, sd %.2f; KS distance %.3f",
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

// delaysOff is what is wrong with the first path whose delay is not what was asked for; it is empty if all are right.
func delaysOff(measured []result.MeasuredDelay) string {
	for _, d := range measured {
		if d.Off != "" {
			return d.Off
		}
	}
	return ""
}

// probed runs a load and samples meanwhile the delay between the two hosts that carry none; nil without NetEm.
func (r *runner) probed(load func() (loaded, error)) (l loaded, probe *result.MeasuredDelay, err error) {
	if !r.experiment.Testbed.NetEm() {
		l, err = load()
		return l, nil, err
	}
	tb := r.hosts.testbed
	p, err := tb.StartProbe(tb.Host(probeNames[0]), tb.Host(probeNames[1]), probeEvery)
	if err != nil {
		return l, nil, err
	}
	l, err = load()
	m, probeErr := p.Stop()
	if err = errors.Join(err, probeErr); err != nil {
		return l, nil, err
	}
	d := measuredDelay(m, loadedTolerance(r.experiment.Testbed))
	return l, &d, nil
}
