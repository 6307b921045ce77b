package experiment

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/netem"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/catalog"
)

// WritePlan writes what the experiment will do: its circumstances, a line per cell, and how long it will take.
func (e *Experiment) WritePlan(w io.Writer) error {
	total, err := e.Estimate()
	if err != nil {
		return err
	}
	out := new(bytes.Buffer)
	e.planHead(out)
	if err := e.planCells(out); err != nil {
		return err
	}
	cells := e.Cells()
	fmt.Fprintf(out, "\n%d cells × %d repetitions = %d runs", len(cells), e.Repetitions, len(cells)*e.Repetitions)
	if e.Clients.Searched() {
		searches := len(cells) / len(e.Loads())
		fmt.Fprintf(out, ", after %d searches for the clients that saturate", searches)
	}
	fmt.Fprintf(out, "\nexpected time %v: runs %v, searches %v, calibration %v\n", short(total.Total()),
		short(total.Runs), short(total.Searches), short(total.Calibration))
	_, err = out.WriteTo(w)
	return err
}

// planHead writes what all cells have in common.
func (e *Experiment) planHead(w io.Writer) {
	fmt.Fprint(w, e.Name)
	if e.Title != "" {
		fmt.Fprintf(w, ": %s", e.Title)
	}
	if e.Figure != "" {
		fmt.Fprintf(w, " (figure %s)", e.Figure)
	}
	t := e.Testbed
	fmt.Fprintf(w, "\n\ntestbed   %s, client hosts %d, %s, %s, offload %s\n",
		t.Topology, t.ClientHosts, t.links(), t.Congestion, t.Offload)
	t.planDelays(w)
	fmt.Fprintf(w, "servers   suite %s, durability %s\n", join(e.Suites), join(e.Durability))
	fmt.Fprintf(w, "workload  keys %s, concurrency %v, background %v, seed %d\n", e.Workload.Keys, e.Concurrency,
		e.Workload.Background, e.Seed)
	if e.OpenLoop() {
		fmt.Fprintf(w, "arrival   %v\n", e.Arrival)
	}
	fmt.Fprintf(w, "phases    warm-up %v, measure %v, and on until %d operations have ended, at most %v%s\n\n", e.Phases.Warmup,
		e.Phases.Measure, e.Phases.Operations, e.Phases.Longest, e.Phases.inIntervals())
}

// inIntervals is the intervals of the timeline, if there is one.
func (p Phases) inIntervals() string {
	if p.Timeline == 0 {
		return ""
	}
	return fmt.Sprintf(", with a timeline in intervals of %v", p.Timeline)
}

// links says how fast the links are.
func (t Testbed) links() string {
	switch {
	case t.Topology == result.Loopback:
		return "no links"
	case t.Rate == result.Unlimited:
		return "links unlimited"
	}
	return t.Rate.String() + " per link and direction"
}

// planDelays writes the one-way delays, if there are any.
func (t Testbed) planDelays(w io.Writer) {
	if t.Delay != (Delay{}) {
		fmt.Fprintf(w, "delay     %v, each way\n", t.Delay)
	}
	if len(t.Regions.Names) == 0 {
		return
	}
	fmt.Fprintf(w, "regions   %s: servers, and client hosts, in turn\n", join(t.Regions.Names))
	for i, from := range t.Regions.Names {
		for _, to := range t.Regions.Names[i+1:] {
			there, back := t.Between(from, to), t.Between(to, from)
			if there == back {
				fmt.Fprintf(w, "          %s ↔ %s: %v, each way\n", from, to, there)
			} else {
				fmt.Fprintf(w, "          %s → %s: %v; back %v\n", from, to, there, back)
			}
		}
	}
}

// planCells writes the table of cells. A number of clients that is still to be found, and what follows from it, is a
// question mark.
func (e *Experiment) planCells(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "protocol\top\tt\tservers\tvalue\tclients\tkeys\ttime per run")
	for _, c := range e.Cells() {
		p, err := catalog.ByName(c.FullName())
		if err != nil {
			return fmt.Errorf("plan %v: %w", c.Series, err)
		}
		clients, keys := "search", "?"
		if c.Clients > 0 {
			clients, keys = strconv.Itoa(c.Clients), strconv.Itoa(e.Keys(c.Clients))
		}
		if c.Open() {
			clients += fmt.Sprintf(" at %g/s", c.Rate)
		}
		if c.Ignores() {
			clients += ", owed " + c.Owed
		}
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%v\t%s\t%s\t%.1f s\n", c.FullName()+c.Unusual(), c.Op, c.T, p.Traits(c.T).Servers,
			result.Size(c.ValueBytes), clients, keys, e.runTime(p, c).Seconds())
	}
	return table.Flush()
}

// short rounds a duration to what an estimate can know.
func short(d time.Duration) time.Duration { return d.Round(time.Second) }

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
func (e *Experiment) Estimate() (Estimate, error) {
	var total Estimate
	hosts := 0
	for _, c := range e.Cells() {
		p, err := catalog.ByName(c.FullName())
		if err != nil {
			return Estimate{}, fmt.Errorf("estimate %v: %w", c.Series, err)
		}
		hosts = max(hosts, e.hosts(p, c.T))
		total.Runs += time.Duration(e.Repetitions) * e.runTime(p, c)
		if c.Clients == 0 {
			total.Searches += e.searchTime(p, c.Series)
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

// hosts is the number of hosts of the testbed.
func (e *Experiment) hosts(p protocols.Protocol, t int) int {
	if e.Testbed.Topology == result.Spread {
		return e.Testbed.ClientHosts + p.Traits(t).Servers
	}
	return e.Testbed.ClientHosts + 1
}

// runTime is the time of one run of the cell.
func (e *Experiment) runTime(p protocols.Protocol, c result.Cell) time.Duration {
	clients := c.Clients
	if clients == 0 {
		tried := e.SearchClients(p, c.Series)
		clients = tried[len(tried)-2]
	}
	c.Load.Clients = clients
	window := e.windowTime(p, c, e.Phases.Operations, e.Phases.Measure.Std(), e.Phases.Longest.Std())
	return e.overheadTime(p, c.Series, clients) + e.preloadTime(p, c.Series, clients) + e.Phases.Warmup.Std() + window
}

// windowTime is how long a window lasts that is open until so many of the cell's operations have ended in it, within its
// limits: what holds them up is the links, the rounds of each client's, or the rate at which they arrive.
func (e *Experiment) windowTime(p protocols.Protocol, c result.Cell, operations int, least, most time.Duration) time.Duration {
	op := protocols.Op(c.Op)
	moved := e.transferTime(p, c.Series, op)
	each := max(moved, (moved+e.delayed(len(p.Traits(c.T).Legs(op))))/time.Duration(c.Clients))
	if c.Open() {
		each = max(each, time.Duration(float64(time.Second)/c.Rate))
	}
	return min(max(least, time.Duration(EndIn(operations, c.Load))*each), most)
}

// overheadTime is the time of what surrounds a run: to start and end, for the operations that are in progress when the window
// ends, and to read back. Delays prolong it all.
func (e *Experiment) overheadTime(p protocols.Protocol, s result.Series, clients int) time.Duration {
	op := protocols.Op(s.Op)
	t := overhead + time.Duration(p.Traits(s.T).Servers)*perServer + time.Duration(clients)*e.transferTime(p, s, op)
	if op == protocols.Write {
		keys := min(e.Keys(clients), readBackKeys)
		t += time.Duration(keys)*e.transferTime(p, s, protocols.Read) + e.oneByOne(p, protocols.Read, s.T, keys, clients)
	}
	if e.Testbed.NetEm() {
		t += guestOverhead + e.delayed(connectRounds) + e.delayed(len(p.Traits(s.T).Legs(op)))
	}
	return t
}

// transferTime is the time that the links take for one operation's values and fragments, in the busier direction.
func (e *Experiment) transferTime(p protocols.Protocol, s result.Series, op protocols.Op) time.Duration {
	cost := p.Traits(s.T).Cost(op)
	bytes := float64(s.ValueBytes) * max(cost.ClientToServers, cost.ServersToClient)
	return time.Duration(bytes / e.bytesPerSecond(p, s.T) * float64(time.Second))
}

// bytesPerSecond is what the links that the servers share carry in each direction.
func (e *Experiment) bytesPerSecond(p protocols.Protocol, t int) float64 {
	if e.Testbed.Rate == result.Unlimited {
		return unlimitedUse
	}
	links := 1
	if e.Testbed.Topology == result.Spread {
		links = min(e.Testbed.ClientHosts, p.Traits(t).Servers)
	}
	return netem.Goodput(int64(e.Testbed.Rate)) / 8 * float64(links)
}

// delayed is the time that so many round trips spend in NetEm.
func (e *Experiment) delayed(rounds int) time.Duration {
	return 2 * time.Duration(rounds) * e.Testbed.meanDelay()
}

// oneByOne is the time that operations on so many keys, which the clients share, spend in NetEm.
func (e *Experiment) oneByOne(p protocols.Protocol, op protocols.Op, t, keys, clients int) time.Duration {
	each := (keys + clients - 1) / clients
	return time.Duration(each) * e.delayed(len(p.Traits(t).Legs(op)))
}

// searchTime is the time of a search: it starts the servers once, preloads the keys of its last number of clients, and
// tries all numbers, a few of them again.
func (e *Experiment) searchTime(p protocols.Protocol, s result.Series) time.Duration {
	clients := e.SearchClients(p, s)
	most := clients[len(clients)-1]
	total := e.overheadTime(p, s, most) + e.preloadTime(p, s, most)
	try := func(n int) time.Duration {
		cell := result.Cell{Series: s, Load: result.Load{Clients: n}}
		window := e.windowTime(p, cell, e.Search.Operations(), e.Search.Measure.Std(), e.Search.Longest())
		return e.Phases.Warmup.Std() + window
	}
	for _, n := range clients {
		total += try(n)
	}
	return total + time.Duration(min(len(clients), usualPlateau))*try(most)
}

// preloadTime is the time it takes to WRITE all keys once, which a READ needs.
func (e *Experiment) preloadTime(p protocols.Protocol, s result.Series, clients int) time.Duration {
	if s.Op == result.OpWrite {
		return 0
	}
	keys := e.Keys(clients)
	transfer := float64(keys) * float64(e.transferTime(p, s, protocols.Write)) / linkUse
	return e.oneByOne(p, protocols.Write, s.T, keys, clients) + time.Duration(transfer) + time.Duration(keys)*perPreload
}
