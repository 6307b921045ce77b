package harness

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/node"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/netem"
	"github.com/powbench/powbench/storage"
)

// A reading is what the machine's counters say at one instant.
type reading struct {
	ns      int64 // CLOCK_MONOTONIC
	host    hostCPU
	clients float64 // CPU seconds of all agents
	servers float64
	links   []netem.Counters // of the server hosts; nil when unshaped
}

// read takes a reading of the cluster and its hosts.
func (c *cluster) read(ctx context.Context, hosts layout) (r reading, err error) {
	r.ns = clock.Now()
	if r.host, err = readHostCPU(); err != nil {
		return r, err
	}
	all, err := used(ctx, append(slices.Clone(c.agents), c.servers...))
	if err != nil {
		return r, err
	}
	r.clients, r.servers = sumCPU(all[:len(c.agents)]), sumCPU(all[len(c.agents):])
	for _, h := range hosts.servers {
		link, err := h.Counters()
		if errors.Is(err, netem.ErrUncounted) {
			return r, nil
		} else if err != nil {
			return r, err
		}
		r.links = append(r.links, link)
	}
	return r, nil
}

// used asks processes at once what they have used.
func used(ctx context.Context, processes []*control.Client) ([]control.Used, error) {
	all := make([]control.Used, len(processes))
	group, ctx := errgroup.WithContext(ctx)
	for i, p := range processes {
		group.Go(func() (err error) {
			all[i], err = control.Call(ctx, p, control.Usage, control.Nothing{})
			return err
		})
	}
	return all, group.Wait()
}

func sumCPU(all []control.Used) (sum float64) {
	for _, u := range all {
		sum += u.CPUSeconds
	}
	return sum
}

// interval is what happened between two readings.
type interval struct{ from, to reading }

func (i interval) seconds() float64 { return float64(i.to.ns-i.from.ns) / 1e9 }

// cpu is the CPU time of the load's processes.
func (i interval) cpu() result.CPU {
	return result.CPU{Clients: i.to.clients - i.from.clients, Servers: i.to.servers - i.from.servers}
}

// hostCPU is where the machine's CPU time went.
func (i interval) hostCPU() result.HostCPU {
	total := i.to.host.total - i.from.host.total
	if total <= 0 {
		return result.HostCPU{}
	}
	busy := total - (i.to.host.idle - i.from.host.idle)
	steal := i.to.host.steal - i.from.host.steal
	own := i.cpu()
	return result.HostCPU{
		Busy:    busy / total,
		Foreign: max(0, busy-steal-own.Clients-own.Servers) / total,
		Steal:   steal / total,
	}
}

// payload is the TCP payload over the server hosts' links: host → switch is server to client.
func (i interval) payload() (sum result.Traffic) {
	for n := range i.to.links {
		d := i.to.links[n].Since(i.from.links[n])
		sum.ServerToClient += d.Up.Payload()
		sum.ClientToServer += d.Down.Payload()
	}
	return sum
}

// databases sums up the servers' metrics.
func (c *cluster) databases(ctx context.Context) (sum storage.Metrics, err error) {
	for _, s := range c.servers {
		m, err := control.Call(ctx, s, node.StatsCall, control.Nothing{})
		if err != nil {
			return sum, err
		}
		sum.AppliedBytes += m.AppliedBytes
		sum.LogBytes += m.LogBytes
		sum.FlushedBytes += m.FlushedBytes
		sum.CompactedBytes += m.CompactedBytes
		sum.StallTime += m.StallTime
	}
	return sum, nil
}

// peakRSS is the largest resident set that any process of each kind has had.
func (c *cluster) peakRSS(ctx context.Context) (r result.RSS, err error) {
	all, err := used(ctx, append(slices.Clone(c.agents), c.servers...))
	for i, u := range all {
		if i < len(c.agents) {
			r.Agent = max(r.Agent, u.PeakRSSMiB)
		} else {
			r.Server = max(r.Server, u.PeakRSSMiB)
		}
	}
	return r, err
}
