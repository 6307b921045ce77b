package harness

import (
	"context"
	"errors"
	"io/fs"

	"github.com/powbench/powbench/harness/clock"
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
func (c *cluster) read(hosts layout) (r reading, err error) {
	r.ns = clock.Now()
	if r.host, err = readHostCPU(); err != nil {
		return r, err
	}
	if r.clients, err = sumCPU(c.agents); err != nil {
		return r, err
	}
	if r.servers, err = sumCPU(c.servers); err != nil {
		return r, err
	}
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

func sumCPU(children []*child) (sum float64, err error) {
	for _, p := range children {
		s, err := processCPU(p.process.Pid)
		if errors.Is(err, fs.ErrNotExist) {
			return 0, p.ended()
		} else if err != nil {
			return 0, err
		}
		sum += s
	}
	return sum, nil
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
		var m storage.Metrics
		if err := s.call(ctx, "Service.Stats", node.Nothing{}, &m); err != nil {
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
func (c *cluster) peakRSS() (r result.RSS, err error) {
	if r.Agent, err = maxRSS(c.agents); err != nil {
		return r, err
	}
	r.Server, err = maxRSS(c.servers)
	return r, err
}

func maxRSS(children []*child) (largest float64, err error) {
	for _, p := range children {
		mib, err := processPeakRSS(p.process.Pid)
		if err != nil {
			return 0, err
		}
		largest = max(largest, mib)
	}
	return largest, nil
}
