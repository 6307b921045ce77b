package harness

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/netem"
)

// linkAttempts is how often links are measured before a run is refused. Waiting for a busy machine to calm down costs
// minutes; a run that ends here, perhaps in the middle of the night, costs more.
const linkAttempts = 12

// A network is the testbed's links as measured.
type network struct {
	links  []result.Link
	delays []result.MeasuredDelay
}

// checkNetwork measures every link and refuses the run if one does not carry what its rate promises, or delays packets
// otherwise than it was asked to: not at once, for other work may be taking the CPU away for a while.
func (r *runner) checkNetwork(ctx context.Context) (network, error) {
	for attempt := 1; ; attempt++ {
		n, off, err := r.measureNetwork(ctx)
		switch {
		case err != nil:
			return n, err
		case off == "":
			return n, nil
		case attempt == linkAttempts:
			return n, fmt.Errorf("%s: stop what else loads this machine and try again with --resume", off)
		}
		r.progress.note(off + ": once more")
		if err := clock.Sleep(ctx, calmDown); err != nil {
			return n, err
		}
	}
}

// measureNetwork measures every link and says what is off.
func (r *runner) measureNetwork(ctx context.Context) (n network, off string, err error) {
	r.progress.note("measuring every link")
	if n.links, err = measureLinks(ctx, r.hosts.testbed, r.progress.note); err != nil {
		return n, "", err
	}
	if r.experiment.Testbed.NetEm() {
		n.delays, err = r.measureDelays(ctx)
	}
	off = linkOff(n.links, r.hosts.testbed.Topology.RateBits, r.experiment.Testbed.Tolerance.Fraction())
	return n, cmp.Or(off, delaysOff(n.delays)), err
}

// measureLinks measures every link and notes what it found.
func measureLinks(ctx context.Context, tb *netem.Testbed, note func(string)) ([]result.Link, error) {
	measured, err := tb.Measure(ctx)
	if err != nil {
		return nil, err
	}
	var links []result.Link
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

// linkOff names the first link whose goodput is not that of its rate; it is empty if all are right, or are not shaped.
func linkOff(links []result.Link, rateBits int64, tolerance float64) string {
	if rateBits == 0 {
		return ""
	}
	want := goodputMBps(rateBits) * 8
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
