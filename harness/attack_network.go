package harness

import (
	"context"
	"time"

	"github.com/powbench/powbench/netem"
)

// skip says why the trial cannot be played here; it is empty if it can.
func (t *trial) skip() string {
	if t.hosts.testbed.Mode == netem.ModeLoopback && needsLinks(t.attack, t.protocol) {
		return "plain loopback has no links to cut; `powbench doctor` tells how to get network namespaces"
	}
	if t.attack.Unruly {
		if err := netem.CanDelay(); err != nil {
			return err.Error()
		}
	}
	return ""
}

// network is the testbed of the trial: the run's, or one that delays and reorders packets if the attack asks for that.
func (t *trial) network(ctx context.Context) (layout, func() error, error) {
	if !t.attack.Unruly {
		return t.hosts, func() error { return nil }, nil
	}
	topology := t.hosts.testbed.Topology
	topology.NoOffload = true
	topology.Delay = func(_, _ string) netem.Delay {
		return netem.Delay{Mean: 2 * time.Millisecond, Jitter: 2 * time.Millisecond, Reorder: 0.25, Limit: 100_000}
	}
	tb, err := netem.New(ctx, topology)
	if err != nil {
		return layout{}, nil, err
	}
	servers, clients := hostNames(len(t.hosts.servers), len(t.hosts.clients))
	return newLayout(tb, servers, clients), tb.Close, nil
}
