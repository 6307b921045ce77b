package load

import (
	"math"

	"github.com/powbench/powbench/harness/cluster"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/testbed"
	"github.com/powbench/powbench/netem"
)

// bound is the throughput, in MB/s of values, at which the busier direction of the links is full, of servers' hosts or of
// clients', whichever are full first. What servers send each other, at least, fills their hosts' links in both directions, if
// each has one of its own.
func (r *runner) bound(cost result.TrafficFactor, between float64, servers int) float64 {
	serverHosts, clientHosts := r.bench.Testbed.Hosts()
	if !r.apart() {
		between = 0
	}
	busier := max(cost.ClientToServer, cost.ServerToClient)
	ofServers := float64(min(servers, len(serverHosts))) / (busier + between)
	return netem.Goodput(int64(r.Experiment.Testbed.Rate)) / 8e6 * min(ofServers, float64(len(clientHosts))/busier)
}

// measuredBound is the same where links are as they are: by what was measured of the slowest link of servers' hosts, and of
// clients', in the direction that is full first. It is 0 if a link was not measured.
func (r *runner) measuredBound(cost result.TrafficFactor, between float64, servers int) float64 {
	links := map[string]result.Link{}
	for _, l := range r.bench.Manifest.Testbed.Before {
		links[l.Host] = l
	}
	serverHosts, clientHosts := r.bench.Testbed.Hosts()
	bound := math.Inf(1)
	for _, side := range []struct {
		hosts    []testbed.Host
		in, out  float64 // bytes to and from the hosts, per byte of values
		exchange float64
	}{
		{serverHosts[:min(servers, len(serverHosts))], cost.ClientToServer, cost.ServerToClient, between},
		{clientHosts, cost.ServerToClient, cost.ClientToServer, 0},
	} {
		for _, h := range side.hosts {
			l := links[h.Name()]
			n := float64(len(side.hosts)) / 8
			bound = min(bound, n*l.DownMbps/(side.in+side.exchange), n*l.UpMbps/(side.out+side.exchange))
		}
	}
	return bound
}

// linkShare is how full the busier direction of the server hosts' links was, against their measured goodput.
func (r *runner) linkShare(window cluster.Interval, servers int) float64 {
	payload := window.Payload()
	var up, down float64 // capacity in bytes
	hosts, _ := r.bench.Testbed.Hosts()
	for _, link := range r.bench.Manifest.Testbed.Before[:min(servers, len(hosts))] {
		up += link.UpMbps * 1e6 / 8 * window.Seconds()
		down += link.DownMbps * 1e6 / 8 * window.Seconds()
	}
	return max(float64(payload.ServerToClient)/up, float64(payload.ClientToServer)/down)
}
