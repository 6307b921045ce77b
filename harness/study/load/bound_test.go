package load

import (
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/testbed"
)

// named is a host that is nothing but its name.
type named struct {
	testbed.Host
	name string
}

func (n named) Name() string { return n.name }

// machines are hosts of a cluster.
type machines struct {
	testbed.Testbed
	testbed.Machines
	servers, clients []testbed.Host
}

func (m machines) Hosts() (servers, clients []testbed.Host) { return m.servers, m.clients }

// Where links are as they are, the slowest of those that were measured says what all carry, in the direction that is full first.
func TestMeasuredBound(t *testing.T) {
	r := newRunner(t, "experiment: x", 1, 1, 0)
	r.bench.Testbed = machines{
		servers: []testbed.Host{named{name: "s1"}, named{name: "s2"}}, clients: []testbed.Host{named{name: "c1"}},
	}
	r.bench.Manifest.Testbed.Before = []result.Link{
		{Host: "s1", UpMbps: 800, DownMbps: 1600}, {Host: "s2", UpMbps: 400, DownMbps: 1600}, {Host: "c1", UpMbps: 8000, DownMbps: 8000},
	}
	reads := result.TrafficFactor{ClientToServer: 0.1, ServerToClient: 2}
	for name, c := range map[string]struct {
		cost    result.TrafficFactor
		between float64
		servers int
		want    float64 // MB/s
	}{
		"the slower server sends what it can": {reads, 0, 2, 2 * 50. / 2},
		"the first server alone":              {reads, 0, 1, 100. / 2},
		"servers send each other as much":     {reads, 2, 2, 2 * 50. / 4},
		"servers receive":                     {result.TrafficFactor{ClientToServer: 2, ServerToClient: 0.1}, 0, 2, 2 * 200. / 2},
		"little is moved":                     {result.TrafficFactor{ClientToServer: 0.01, ServerToClient: 0.01}, 0, 2, 2 * 50 / 0.01},
	} {
		if got := r.measuredBound(c.cost, c.between, c.servers); !near(got, c.want, 1e-9*c.want) {
			t.Errorf("%s: %v MB/s, want %v", name, got, c.want)
		}
	}
	r.bench.Manifest.Testbed.Before = r.bench.Manifest.Testbed.Before[:2]
	if got := r.measuredBound(reads, 0, 2); got != 0 {
		t.Errorf("a link that was not measured: %v MB/s, want no bound", got)
	}
}
