package experiment

import (
	"fmt"
	"time"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/catalog"
)

// What an estimate assumes, from measurements on two cores.
const (
	overhead        = 1500 * time.Millisecond // of a run: start, drain, checks, clean-up
	calibration     = 1800 * time.Millisecond // of a host's link, before and again after the runs
	perPreload      = 300 * time.Microsecond  // of a key, beside its bytes
	linkUse         = 0.85                    // of the goodput, while keys are preloaded
	goodputShare    = 1448. / 1538            // TCP payload of a full Ethernet frame with its gap
	usualSaturation = 4                       // clients
)

// An Estimate is how long an experiment is expected to take.
type Estimate struct {
	Calibration time.Duration // of the links
	Searches    time.Duration // for the clients that saturate
	Runs        time.Duration
}

// Total is the whole time.
func (t Estimate) Total() time.Duration { return t.Calibration + t.Searches + t.Runs }

// Estimate says how long the experiment will take. A number of clients that a search will find is taken to be 4.
func (e *Experiment) Estimate() (Estimate, error) {
	var total Estimate
	hosts := 0
	for _, c := range e.Cells() {
		p, err := catalog.ByName(c.Protocol)
		if err != nil {
			return Estimate{}, fmt.Errorf("estimate %v: %w", c.Series, err)
		}
		hosts = max(hosts, e.hosts(p, c.T))
		total.Runs += time.Duration(e.Repetitions) * e.runTime(p, c)
		if c.Clients == 0 {
			total.Searches += e.searchTime(p, c.Series)
		}
	}
	total.Calibration = 2 * time.Duration(hosts) * calibration
	return total, nil
}

// hosts is the number of hosts of the testbed.
func (e *Experiment) hosts(p protocols.Protocol, t int) int {
	if e.Testbed.Topology == Spread {
		return e.Testbed.ClientHosts + p.Servers(t)
	}
	return e.Testbed.ClientHosts + 1
}

// runTime is the time of one run of the cell.
func (e *Experiment) runTime(p protocols.Protocol, c Cell) time.Duration {
	clients := c.Clients
	if clients == 0 {
		steps := e.tried()
		clients = steps[len(steps)-3]
	}
	return overhead + e.preloadTime(p, c.Series, clients) + e.Phases.Warmup.Std() + e.Phases.Measure.Std()
}

// searchTime is the time of a search: it starts the servers once and preloads the keys of its last number of clients.
func (e *Experiment) searchTime(p protocols.Protocol, s Series) time.Duration {
	steps := e.tried()
	load := time.Duration(len(steps)) * (e.Phases.Warmup.Std() + e.Search.Measure.Std())
	return overhead + e.preloadTime(p, s, steps[len(steps)-1]) + load
}

// tried is the numbers of clients that a search is expected to try: to the usual saturation and two further.
func (e *Experiment) tried() []int {
	for i, c := range e.Search.Clients {
		if c >= usualSaturation {
			return e.Search.Clients[:min(i+3, len(e.Search.Clients))]
		}
	}
	return e.Search.Clients
}

// preloadTime is the time it takes to WRITE all keys once, which a READ needs.
func (e *Experiment) preloadTime(p protocols.Protocol, s Series, clients int) time.Duration {
	if s.Op == protocols.Write {
		return 0
	}
	links := 1 // that the servers share
	if e.Testbed.Topology == Spread {
		links = min(e.Testbed.ClientHosts, p.Servers(s.T))
	}
	keys := float64(e.Keys(clients))
	bytes := keys * float64(s.ValueBytes) * p.Cost(protocols.Write, s.T).ClientToServers
	bytesPerSecond := float64(e.Testbed.Rate) / 8 * goodputShare * linkUse * float64(links)
	return time.Duration(bytes/bytesPerSecond*float64(time.Second)) + time.Duration(keys)*perPreload
}
