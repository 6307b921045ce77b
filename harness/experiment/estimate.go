package experiment

import (
	"cmp"
	"time"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
)

// What an estimate assumes, from measurements on two cores.
const (
	overhead     = 400 * time.Millisecond  // of a run: start, checks, clean-up
	perServer    = 20 * time.Millisecond   // of it, for each server
	calibration  = 1800 * time.Millisecond // of a host's link, before and again after the runs
	perPreload   = 300 * time.Microsecond  // of a key, beside its bytes
	linkUse      = 0.85                    // of the goodput, while keys are preloaded
	readBackKeys = 24                      // at least, if there are as many
	unlimitedUse = 250e6                   // bytes/s that processors make of links without a limit
	usualPlateau = 3                       // numbers of clients that a search tries again
	usualTries   = 9                       // of a search for a rate

	// With NetEm, in a guest.
	guestBoot        = 3 * time.Second
	delayMeasuring   = 4 * time.Second // of all delays and links together, before and again after the runs
	delayCalibration = 2 * time.Second // of a host, beside that
	guestOverhead    = 2 * time.Second // of a run, beside its round trips: processes start slowly
	connectRounds    = 3               // TCP's, the handshake's, and the first message's
)

// An Estimate is how long an experiment is expected to take.
type Estimate struct {
	Calibration time.Duration // of the links and delays, with the start of the guest if there are delays
	Searches    time.Duration // for the clients that saturate
	Runs        time.Duration
}

// Total is the whole time.
func (t Estimate) Total() time.Duration { return t.Calibration + t.Searches + t.Runs }

// Estimate says how long the experiment will take. A number of clients that a search will find is taken
// to be the last but one that it tries.
func (e *Experiment) Estimate() (Estimate, error) { return e.estimate(e.paces()) }

// Times tell how long the parts of an experiment are expected to take; 0 for what cannot be counted.
type Times struct{ paces *paces }

// Times are the experiment's.
func (e *Experiment) Times() Times { return Times{e.paces()} }

// Run is the time of one run of the cell.
func (t Times) Run(c result.Cell) time.Duration {
	p, err := t.paces.of(c.Series)
	if err != nil {
		return 0
	}
	return p.runTime(c.Load)
}

// Search is the time of a search for the clients that saturate the series.
func (t Times) Search(s result.Series) time.Duration {
	p, err := t.paces.of(s)
	if err != nil {
		return 0
	}
	return p.searchTime()
}

// Capacity is the time of a search for the highest rate of the series under the load.
func (t Times) Capacity(s result.Series, l result.Load) time.Duration {
	p, err := t.paces.of(s)
	if err != nil {
		return 0
	}
	return p.capacityTime(l)
}

func (e *Experiment) estimate(paces *paces) (total Estimate, err error) {
	hosts := 0
	for _, c := range e.Cells() {
		p, err := paces.of(c.Series)
		if err != nil {
			return Estimate{}, err
		}
		hosts = max(hosts, e.hosts(p.read.Servers))
		total.Runs += time.Duration(e.Repetitions) * p.runTime(c.Load)
		if c.Clients == 0 {
			total.Searches += p.searchTime()
		}
		if c.RateSought() {
			total.Searches += p.capacityTime(c.Load)
		}
	}
	total.Calibration = e.calibrationTime(hosts)
	return total, nil
}

// calibrationTime is the time it takes to measure the links and delays before and after the runs.
func (e *Experiment) calibrationTime(hosts int) time.Duration {
	if e.Testbed.NetEm() {
		return guestBoot + 2*(delayMeasuring+time.Duration(hosts)*delayCalibration)
	}
	return 2 * time.Duration(hosts) * calibration
}

// hosts is the number of hosts of the testbed with so many servers.
func (e *Experiment) hosts(servers int) int {
	if e.Testbed.Topology == result.Spread {
		return e.Testbed.ClientHosts + servers
	}
	return e.Testbed.ClientHosts + 1
}

// runTime is the time of one run of the series under the load.
func (p *pace) runTime(l result.Load) time.Duration {
	if l.Clients == 0 {
		tried := p.searchClients()
		l.Clients = tried[len(tried)-2]
	}
	window := p.windowTime(l, p.Phases.Operations, p.Phases.Measure.Std(), p.Phases.Longest.Std())
	return p.overheadTime(l.Clients) + p.preloadTime(l.Clients) + p.Phases.Warmup.Std() + window
}

// windowTime is how long a window lasts that is open until so many of the load's operations have ended in it, within its
// limits: what holds them up is the links, the rounds of each client's, or the rate at which they arrive.
func (p *pace) windowTime(l result.Load, operations int, least, most time.Duration) time.Duration {
	moved := p.loadTime()
	each := max(moved, (moved+p.loadDelay())/time.Duration(l.Clients))
	if l.Open() {
		each = max(each, time.Duration(float64(time.Second)/cmp.Or(l.Rate, p.firstRate())))
	}
	return min(max(least, time.Duration(EndIn(operations, l))*each), most)
}

// overheadTime is the time of what surrounds a run: to start and end, for the operations that are in progress when the window
// ends, and to read back. Delays prolong it all.
func (p *pace) overheadTime(clients int) time.Duration {
	t := overhead + time.Duration(p.read.Servers)*perServer + time.Duration(clients)*p.loadTime()
	if p.series.Writes() {
		keys := min(p.Keys(clients), readBackKeys)
		t += time.Duration(keys)*p.transferTime(protocols.Read) + p.oneByOne(protocols.Read, keys, clients)
	}
	if p.Testbed.NetEm() {
		t += guestOverhead + p.delayed(connectRounds) + p.loadDelay()
	}
	return t
}

// searchTime is the time of a search: it starts the servers once, preloads the keys of its last number of clients, and
// tries all numbers, a few of them again.
func (p *pace) searchTime() time.Duration {
	clients := p.searchClients()
	most := clients[len(clients)-1]
	total := p.overheadTime(most) + p.preloadTime(most)
	try := func(n int) time.Duration {
		window := p.windowTime(result.Load{Clients: n}, p.Search.Operations(), p.Search.Measure.Std(), p.Search.Longest())
		return p.Phases.Warmup.Std() + window
	}
	for _, n := range clients {
		total += try(n)
	}
	return total + time.Duration(min(len(clients), usualPlateau))*try(most)
}

// capacityTime is the time of a search for a rate: it starts the servers once, preloads the keys, and tries rates about the
// first.
func (p *pace) capacityTime(l result.Load) time.Duration {
	operations := max(p.Phases.Operations, int(p.Objective.Enough()))
	window := p.windowTime(l, operations, p.Phases.Measure.Std(), p.Phases.Longest.Std())
	return p.overheadTime(l.Clients) + p.preloadTime(l.Clients) + usualTries*(p.Phases.Warmup.Std()+window)
}

// preloadTime is the time it takes to WRITE all keys once, which a READ needs.
func (p *pace) preloadTime(clients int) time.Duration {
	if !p.series.Reads() {
		return 0
	}
	keys := p.Keys(clients)
	transfer := float64(keys) * float64(p.transferTime(protocols.Write)) / linkUse
	return p.oneByOne(protocols.Write, keys, clients) + time.Duration(transfer) + time.Duration(keys)*perPreload
}
