package cluster

import (
	"context"
	"slices"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/node"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/testbed"
	"github.com/powbench/powbench/storage"
)

// A Reading holds the counters of a cluster and its machine at one instant.
type Reading struct {
	Ns      int64 // on the run's clock
	Machine testbed.CPU
	Clients float64 // CPU seconds of all agents
	Servers float64
	Links   []testbed.Counters // of the server hosts; nil if they are not counted
	Arrears int64              // bytes that servers owe to operations that have ended
	// Allocated is the bytes that the processes' heaps have handed out.
	Allocated result.Allocated
}

// read takes a reading.
func (c *Cluster) read(ctx context.Context) (r Reading, err error) {
	r.Ns = clock.Now()
	if r.Machine, err = c.testbed.CPU(); err != nil {
		return r, err
	}
	used, err := c.used(ctx)
	if err != nil {
		return r, err
	}
	for i, u := range used {
		if i < len(c.agents) {
			r.Clients += u.CPUSeconds
			r.Allocated.Clients += int64(u.AllocatedBytes)
		} else {
			r.Servers += u.CPUSeconds
			r.Allocated.Servers += int64(u.AllocatedBytes)
		}
	}
	owed, err := control.CallAll(ctx, c.agents, agent.ArrearsCall, control.Nothing{})
	if err != nil {
		return r, err
	}
	for _, bytes := range owed {
		r.Arrears += bytes
	}
	if shaper, ok := c.testbed.(testbed.Shaper); ok {
		r.Links, err = shaper.Counters()
	}
	return r, err
}

// used returns the use of all processes, agents first.
func (c *Cluster) used(ctx context.Context) ([]control.Used, error) {
	return control.CallAll(ctx, slices.Concat(c.agents, c.processes()), control.Usage, control.Nothing{})
}

// PeakRSS is the largest resident set that any process of each kind has had.
func (c *Cluster) PeakRSS(ctx context.Context) (r result.RSS, err error) {
	used, err := c.used(ctx)
	for i, u := range used {
		if i < len(c.agents) {
			r.Agent = max(r.Agent, u.PeakRSSMiB)
		} else {
			r.Server = max(r.Server, u.PeakRSSMiB)
		}
	}
	return r, err
}

// An Interval is the time between two readings.
type Interval struct{ From, To Reading }

// Seconds is its length.
func (i Interval) Seconds() float64 { return float64(i.To.Ns-i.From.Ns) / 1e9 }

// CPU is the CPU time of the load's processes.
func (i Interval) CPU() result.CPU {
	return result.CPU{Clients: i.To.Clients - i.From.Clients, Servers: i.To.Servers - i.From.Servers}
}

// Allocated is the bytes that the heaps of the load's processes handed out.
func (i Interval) Allocated() result.Allocated {
	return result.Allocated{
		Clients: i.To.Allocated.Clients - i.From.Allocated.Clients, Servers: i.To.Allocated.Servers - i.From.Allocated.Servers,
	}
}

// HostCPU tells where the machine's CPU time went.
func (i Interval) HostCPU() result.HostCPU {
	total := i.To.Machine.Total - i.From.Machine.Total
	if total <= 0 {
		return result.HostCPU{}
	}
	busy := total - (i.To.Machine.Idle - i.From.Machine.Idle)
	steal := i.To.Machine.Steal - i.From.Machine.Steal
	own := i.CPU()
	return result.HostCPU{
		Busy:    busy / total,
		Foreign: max(0, busy-steal-own.Clients-own.Servers) / total,
		Steal:   steal / total,
	}
}

// Payload is the TCP payload over the server hosts' links: host → switch is server to client.
func (i Interval) Payload() (sum result.Traffic) {
	for n := range i.To.Links {
		d := i.To.Links[n].Since(i.From.Links[n])
		sum.ServerToClient += d.Up.Payload()
		sum.ClientToServer += d.Down.Payload()
	}
	return sum
}

// retransmitted is the bytes that TCP has sent more than once, by agents and by servers.
func (c *Cluster) retransmitted(ctx context.Context) (t result.Traffic, err error) {
	for _, side := range []struct {
		processes []*control.Client
		call      control.Method[control.Nothing, uint64]
		sum       *int64
	}{
		{c.agents, agent.RetransmittedCall, &t.ClientToServer}, {c.processes(), node.RetransmittedCall, &t.ServerToClient},
	} {
		all, err := control.CallAll(ctx, side.processes, side.call, control.Nothing{})
		if err != nil {
			return t, err
		}
		for _, bytes := range all {
			*side.sum += int64(bytes)
		}
	}
	return t, nil
}

// databases sums up the servers' metrics.
func (c *Cluster) databases(ctx context.Context) (sum storage.Metrics, err error) {
	all, err := control.CallAll(ctx, c.processes(), node.StatsCall, control.Nothing{})
	for _, m := range all {
		sum.AppliedBytes += m.AppliedBytes
		sum.LogBytes += m.LogBytes
		sum.FlushedBytes += m.FlushedBytes
		sum.CompactedBytes += m.CompactedBytes
		sum.StallTime += m.StallTime
	}
	return sum, err
}

// between is the bytes that servers have exchanged with each other, once they are at rest.
func (c *Cluster) between(ctx context.Context) (sum int64, err error) {
	if !c.spec.Protocol.Traits(c.spec.T).Peers {
		return 0, nil
	}
	all, err := control.CallAll(ctx, c.processes(), node.BetweenCall, control.Nothing{})
	for _, bytes := range all {
		sum += bytes
	}
	return sum, err
}
