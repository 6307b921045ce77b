package harness

import (
	"context"
	"fmt"
	"strings"

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/experiment"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/netem"
	"github.com/powbench/powbench/protocols/catalog"
)

// layOut makes the testbed. Where the machine allows no namespaces it is plain loopback, and everything says so.
func (r *runner) layOut(ctx context.Context) error {
	t := r.experiment.Testbed
	servers, err := r.serverHosts()
	if err != nil {
		return err
	}
	serverNames, clientNames := hostNames(servers, t.ClientHosts)
	topology := netem.Topology{
		Hosts: append(serverNames, clientNames...), RateBits: int64(t.Rate), Congestion: t.Congestion,
	}
	var why string
	mode, err := netem.Available()
	if err != nil {
		why = err.Error()
	}
	var tb *netem.Testbed
	if mode == netem.ModeLoopback {
		fmt.Fprintf(r.Progress, "\n!!! UNSHAPED: this run uses plain loopback, whose numbers say nothing about the paper's network.\n"+
			"!!! %s\n\n", why)
		tb = netem.NewLoopback(topology)
	} else if tb, err = netem.New(ctx, topology); err != nil {
		return err
	}
	r.hosts = newLayout(tb, serverNames, clientNames)
	r.manifest.Testbed = result.Testbed{
		Mode: string(tb.Mode), Topology: t.Topology, Shaped: tb.Topology.RateBits > 0, Why: why,
		RateBits: tb.Topology.RateBits, Congestion: tb.Topology.Congestion, Hosts: topology.Hosts, Sysctls: tb.Sysctls,
	}
	return nil
}

// serverHosts is the number of hosts that carry servers.
func (r *runner) serverHosts() (int, error) {
	if r.experiment.Testbed.Topology == experiment.SharedHost {
		return 1, nil
	}
	most := 0
	for _, c := range r.experiment.Cells() {
		p, err := catalog.ByName(c.Protocol)
		if err != nil {
			return 0, err
		}
		most = max(most, p.Servers(c.T))
	}
	return most, nil
}

// shaped reports whether the testbed's links have the configured rate.
func (r *runner) shaped() bool { return r.hosts.testbed.Topology.RateBits > 0 }

// linkAttempts is how often links are measured before a run is refused. Waiting for a busy machine to calm down costs
// minutes; a run that ends here, perhaps in the middle of the night, costs more.
const linkAttempts = 12

// checkedLinks measures every link and refuses the run if one does not carry what its rate promises: not at once, for
// other work may be taking the CPU away for a while.
func (r *runner) checkedLinks(ctx context.Context) ([]result.Link, error) {
	for attempt := 1; ; attempt++ {
		links, err := r.measureLinks(ctx)
		if err != nil {
			return nil, err
		}
		off := r.linkOff(links)
		switch {
		case off == "":
			return links, nil
		case attempt == linkAttempts:
			return nil, fmt.Errorf("%s: stop what else loads this machine and try again with --resume", off)
		}
		r.progress.note(off + ": once more")
		if err := clock.Sleep(ctx, calmDown); err != nil {
			return nil, err
		}
	}
}

// measureLinks measures every link.
func (r *runner) measureLinks(ctx context.Context) ([]result.Link, error) {
	r.progress.note("measuring every link")
	measured, err := r.hosts.testbed.Measure(ctx)
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
		r.progress.note(fmt.Sprintf("link of %s: %.0f Mbit/s up, %.0f down, round trip %.0f µs",
			link.Host, link.UpMbps, link.DownMbps, link.RTTUsP50))
		links = append(links, link)
	}
	return links, nil
}

// linkOff names the first shaped link whose goodput is not that of its rate; it is empty if all are right.
func (r *runner) linkOff(links []result.Link) string {
	if !r.shaped() {
		return ""
	}
	tolerance := r.experiment.Testbed.Tolerance.Fraction()
	want := goodputMBps(r.manifest.Testbed.RateBits) * 8
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
