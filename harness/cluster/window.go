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

// A Reading holds the counters of a cluster and its machines at one instant.
type Reading struct {
	Ns       int64              // on the run's clock
	Machines map[string]Machine // by name, as testbed.Host has it
	Links    []testbed.Counters // of the server hosts; nil if they are not counted
	Arrears  int64              // bytes that servers owe to operations that have ended
	// Allocated is the bytes that the processes' heaps have handed out.
	Allocated result.Allocated
}

// A Machine is how the processors of one were used, and how much of that the load's processes there did, in seconds.
type Machine struct {
	testbed.CPU
	Own result.CPU
}

// read takes a reading.
func (c *Cluster) read(ctx context.Context) (r Reading, err error) {
	r.Ns, r.Machines = clock.Now(), map[string]Machine{}
	used, err := c.testbed.CPU()
	if err != nil {
		return r, err
	}
	for name, cpu := range used {
		r.Machines[name] = Machine{CPU: cpu}
	}
	if err := c.readProcesses(ctx, &r); err != nil {
		return r, err
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

// readProcesses adds what the processes have used.
func (c *Cluster) readProcesses(ctx context.Context, r *Reading) error {
	used, err := c.used(ctx)
	if err != nil {
		return err
	}
	for i, u := range used {
		if i < len(c.agents) {
			on := c.loaders[i].Machine()
			m := r.Machines[on]
			m.Own.Clients += u.CPUSeconds
			r.Machines[on] = m
			r.Allocated.Clients += int64(u.AllocatedBytes)
		} else {
			on := c.Servers[i-len(c.agents)].host.Machine()
			m := r.Machines[on]
			m.Own.Servers += u.CPUSeconds
			r.Machines[on] = m
			r.Allocated.Servers += int64(u.AllocatedBytes)
		}
	}
	return nil
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

// Machines are the times between the readings, by machine.
func (i Interval) Machines() map[string]Machine {
	all := map[string]Machine{}
	for name, to := range i.To.Machines {
		from := i.From.Machines[name]
		all[name] = Machine{
			testbed.CPU{Total: to.Total - from.Total, Idle: to.Idle - from.Idle, Steal: to.Steal - from.Steal},
			result.CPU{Clients: to.Own.Clients - from.Own.Clients, Servers: to.Own.Servers - from.Own.Servers},
		}
	}
	return all
}

// all is the sum of all machines'.
func (i Interval) all() (sum Machine) {
	for _, m := range i.Machines() {
		sum.Total, sum.Idle, sum.Steal = sum.Total+m.Total, sum.Idle+m.Idle, sum.Steal+m.Steal
		sum.Own.Clients, sum.Own.Servers = sum.Own.Clients+m.Own.Clients, sum.Own.Servers+m.Own.Servers
	}
	return sum
}

// CPU is the CPU time of the load's processes.
func (i Interval) CPU() result.CPU { return i.all().Own }

// Allocated is the bytes that the heaps of the load's processes handed out.
func (i Interval) Allocated() result.Allocated {
	return result.Allocated{
		Clients: i.To.Allocated.Clients - i.From.Allocated.Clients, Servers: i.To.Allocated.Servers - i.From.Allocated.Servers,
	}
}

// HostCPU tells where the CPU time of all machines went.
func (i Interval) HostCPU() result.HostCPU { return i.all().shares() }

// MachineCPU tells where the CPU time of each machine of a cluster went; nil if there is but this one.
func (i Interval) MachineCPU() map[string]result.MachineCPU {
	if _, this := i.To.Machines[""]; this {
		return nil
	}
	by := map[string]result.MachineCPU{}
	for name, m := range i.Machines() {
		by[name] = result.MachineCPU{HostCPU: m.shares(), CPU: m.Own}
	}
	return by
}

// shares are those of the machine's CPU time.
func (m Machine) shares() result.HostCPU {
	if m.Total <= 0 {
		return result.HostCPU{}
	}
	busy := m.Total - m.Idle
	return result.HostCPU{
		Busy:    busy / m.Total,
		Foreign: max(0, busy-m.Steal-m.Own.Clients-m.Own.Servers) / m.Total,
		Steal:   m.Steal / m.Total,
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

// counted is the bytes that TCP has sent more than once and the signatures made and verified, by agents and by servers.
func (c *Cluster) counted(ctx context.Context) (again result.Traffic, signed result.Signatures, err error) {
	for _, side := range []struct {
		processes []*control.Client
		again     *int64
		signed    *result.Signed
	}{
		{c.agents, &again.ClientToServer, &signed.Clients}, {c.processes(), &again.ServerToClient, &signed.Servers},
	} {
		all, err := control.CallAll(ctx, side.processes, control.Counted, control.Nothing{})
		if err != nil {
			return again, signed, err
		}
		for _, n := range all {
			*side.again += n.RetransmittedBytes
			side.signed.Made += n.SignaturesMade
			side.signed.Verified += n.SignaturesVerified
		}
	}
	return again, signed, nil
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
