package harness

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/powbench/powbench/harness/experiment"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/netem"
	"github.com/powbench/powbench/netem/guest"
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
		Hosts: slices.Concat(serverNames, clientNames), RateBits: int64(t.Rate), Congestion: t.Congestion,
		NoOffload: t.Offload == experiment.Off,
	}
	if t.NetEm() {
		topology.Hosts = append(topology.Hosts, probeNames...)
		topology.Delay = delays(t, serverNames, clientNames)
	}
	tb, why, err := buildTestbed(ctx, topology, r.Progress)
	if err != nil {
		return err
	}
	r.hosts = newLayout(tb, serverNames, clientNames)
	r.manifest.Testbed = result.Testbed{
		Mode: string(tb.Mode), Topology: t.Topology, Shaped: tb.Topology.RateBits > 0, Why: why,
		RateBits: tb.Topology.RateBits, Congestion: tb.Topology.Congestion, Hosts: topology.Hosts, Sysctls: tb.Sysctls,
		Guest: guest.Current(), Offload: t.Offload == experiment.On, Delays: askedDelays(t),
	}
	return nil
}

// buildTestbed makes the testbed, or one on plain loopback and why it is no better, which it also tells on progress.
// Without its delays a WAN is none: it is made whole or refused.
func buildTestbed(ctx context.Context, topology netem.Topology, progress io.Writer) (
	tb *netem.Testbed, why string, err error,
) {
	mode, err := netem.Available()
	switch {
	case mode != netem.ModeLoopback:
		tb, err = netem.New(ctx, topology)
		return tb, "", err
	case topology.Delay != nil:
		return nil, "", fmt.Errorf("the experiment's delays need hosts of their own: %w", err)
	}
	fmt.Fprintf(progress, "\n!!! UNSHAPED: this run uses plain loopback, whose numbers say nothing about the paper's network.\n"+
		"!!! %v\n\n", err)
	return netem.NewLoopback(topology), err.Error(), nil
}

// serverHosts is the number of hosts that carry servers.
func (r *runner) serverHosts() (int, error) {
	if r.experiment.Testbed.Topology == result.SharedHost {
		return 1, nil
	}
	most := 0
	for _, c := range r.experiment.Cells() {
		p, err := catalog.ByName(c.Protocol)
		if err != nil {
			return 0, err
		}
		most = max(most, p.Traits(c.T).Servers)
	}
	return most, nil
}

// shaped reports whether the testbed's links have the configured rate.
func (r *runner) shaped() bool { return r.hosts.testbed.Topology.RateBits > 0 }
