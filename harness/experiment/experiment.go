// Package experiment reads a file that says what to measure, checks it, fills in what it leaves out, and says which runs
// it takes, in which order and for how long.
//
// docs/experiments.md describes the file. Its keys and their limits are in schema.go.
//
// It imports result, costs, model, catalog, workloads and netem. Studies and commands import it.
package experiment

import (
	"cmp"
	"errors"
	"math"
	"math/rand/v2"
	"time"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/workloads"
)

// An Experiment is one file, with every default filled in. Load makes it; all that it holds is then within its limits.
// Its JSON form is again an experiment file, one without a quick section.
type Experiment struct {
	Name   string `json:"experiment"`
	Figure string `json:"figure,omitempty"` // "2a" … "2d", "wan", "open", or empty
	Title  string `json:"title,omitempty"`
	Settings

	file  string
	quick *Settings // nil if the file has no quick section
}

// Settings are all keys except the experiment's identity. A quick section may override them.
type Settings struct {
	Seed uint64 `json:"seed"`
	result.Plan
	Concurrency result.Share `json:"concurrency"` // probability that an operation overlaps another on its key
	Workload    Workload     `json:"workload"`
	Phases      Phases       `json:"phases"`
	Search      Search       `json:"search"`
	Testbed     Testbed      `json:"testbed"`
}

// Workload says how clients choose keys, and what is written beside READs.
type Workload struct {
	Keys string `json:"keys"` // Uniform, Hot or Zipf
	// Skew is the exponent of Zipf's law, and Items the number of keys that it is over; both are 0 in the other models.
	Skew       float64      `json:"skew,omitempty"`
	Items      int          `json:"items,omitempty"`
	Background result.Share `json:"background"` // of the traffic: at most as much is a WRITE client's beside READs
}

// Phases are the lengths of a run's warm-up and of its measured window. That lasts for Measure, and then until so many
// Operations have ended in it, but no longer than Longest.
type Phases struct {
	Warmup     result.Duration `json:"warmup"`
	Measure    result.Duration `json:"measure"`
	Operations int             `json:"operations"`
	Longest    result.Duration `json:"longest,omitzero"` // at least Measure; Load fills it in
	// Timeline is the length of the intervals in which each point also says how its window went; 0: it does not.
	Timeline result.Duration `json:"timeline,omitempty"`
}

// LeastPerClient is how many operations must end in a window for each client of a closed loop: with fewer, most of them lie
// across the window's edges, and what of them fell into it is an estimate.
const LeastPerClient = 3

// EndIn is how many operations of the load must have ended in a window before it ends, where so many are asked for.
func EndIn(asked int, l result.Load) int {
	if l.Open() {
		return asked
	}
	return max(asked, LeastPerClient*l.Clients)
}

// Search is the search for a number of clients that saturates a series: those of Clients are tried that SearchClients
// names, and one is taken of those whose throughput is at most Gain below the highest.
type Search struct {
	Clients []int           `json:"clients"` // ascending, at least three
	Gain    result.Share    `json:"gain"`
	Measure result.Duration `json:"measure"` // least window per number of clients
	Latency result.Duration `json:"latency"` // of an operation, by the links alone, beyond which a number is not tried
}

// operationsPerGain is how many operations end in the window of a search's step for each that the gain looked for amounts
// to, so that one more or less is well below it.
const operationsPerGain = 4

// Operations is how many operations end in the window of a step, unless it would last longer than Longest.
func (s Search) Operations() int { return int(math.Ceil(operationsPerGain / s.Gain.Fraction())) }

// Longest is how long the window of a step lasts at most.
func (s Search) Longest() time.Duration { return longest(s.Measure).Std() }

// longest is how long a window that should take so long lasts at most, unless the file says.
func longest(measure result.Duration) result.Duration { return min(4*measure, maxPhase) }

// Whether packets of up to 64 KiB pass the links whole (TCP segmentation offload).
const (
	On  = "on"
	Off = "off"
)

// Testbed is the network to emulate. At most one of Delay and Regions is there; without either, no packet is delayed.
type Testbed struct {
	Topology    string       `json:"topology"`
	ClientHosts int          `json:"client_hosts"`
	Rate        result.Rate  `json:"rate"`              // of each host's link and direction, on the wire, or Unlimited
	Queue       result.Size  `json:"queue,omitempty"`   // before each link and direction; 0: in proportion to the rate
	Offload     string       `json:"offload,omitempty"` // On or Off; Load fills it in
	Congestion  string       `json:"congestion"`        // TCP's congestion control
	Tolerance   result.Share `json:"tolerance"`         // how far a link's goodput may be from what its rate promises
	Delay       Delay        `json:"delay,omitzero"`    // between all hosts
	Regions     Regions      `json:"regions,omitzero"`
	// DelayTolerance is how far a measured mean delay may be from the one asked for; it also scales KSLimit.
	DelayTolerance result.Share `json:"delay_tolerance"`
}

// Keys is the number of keys over which the clients spread so that an operation overlaps another on its key with the
// probability Concurrency. In the hot model, all share key 0, and the keys 1 … clients are the clients' own. By Zipf's law,
// the number of keys is that of the file, and Concurrency has no say.
func (s *Settings) Keys(clients int) int {
	switch s.Workload.Keys {
	case result.Hot:
		return workloads.HotKeys(clients)
	case result.Zipf:
		return s.Workload.Items
	}
	return workloads.Keyspace(clients, s.Concurrency.Fraction())
}

// Quick returns the experiment with its quick section laid over it.
func (e *Experiment) Quick() (*Experiment, error) {
	if e.quick == nil {
		return nil, errors.New(e.file + ": the experiment has no quick section: " +
			"add one with what a short run does differently, such as quick: {repetitions: 1}")
	}
	q := *e
	q.Settings, q.quick = *e.quick, nil
	return &q, nil
}

// A Run is one repetition of a cell.
type Run struct {
	result.Cell
	Repetition int    // from 1
	Seed       uint64 // of everything random in it
}

// Schedule lists the experiment's runs in the order in which they take place: one repetition of all cells after the
// other, each in an order of its own, so that what disturbs the machine for a while does not fall on one cell. Cells that differ
// in their protocol alone come one after the other, also in an order of their own: a machine's speed changes within minutes, and
// what is compared is to meet the same.
//
// The seed decides it all. A run's own seed depends on what it measures, not on its place: it stays the same when
// other cells are added.
func (e *Experiment) Schedule() []Run {
	var runs []Run
	for repetition := 1; repetition <= e.Repetitions; repetition++ {
		order := rand.New(rand.NewPCG(workloads.Derive(e.Seed, "order", repetition), 0))
		groups := alike(e.Cells())
		order.Shuffle(len(groups), func(i, j int) { groups[i], groups[j] = groups[j], groups[i] })
		for _, cells := range groups {
			order.Shuffle(len(cells), func(i, j int) { cells[i], cells[j] = cells[j], cells[i] })
			for _, c := range cells {
				runs = append(runs, Run{c, repetition, e.seedOf(c, repetition)})
			}
		}
	}
	return runs
}

// alike are the cells in groups of those that differ in their protocol alone.
func alike(cells []result.Cell) (groups [][]result.Cell) {
	places := map[result.Cell]int{}
	for _, c := range cells {
		set := c
		set.Protocol, set.Variant = "", ""
		at, ok := places[set]
		if !ok {
			at, groups = len(groups), append(groups, nil)
			places[set] = at
		}
		groups[at] = append(groups[at], c)
	}
	return groups
}

// seedOf is the seed of a run.
func (e *Experiment) seedOf(c result.Cell, repetition int) uint64 {
	what := []any{"run", c.String(), c.Clients, repetition}
	if c.Open() {
		what = append(what, c.Arrival, c.Rate)
	}
	return workloads.Derive(e.Seed, what...)
}

// defaults are those of a file: the paper's Table 2 (t, value, concurrency, operations) and the setup of its
// §6.1 (protocols, suite, repetitions, peak search, testbed). The rest is our choice.
func defaults() Settings {
	return Settings{
		Seed: 2013,
		Plan: result.Plan{
			Repetitions: 5,
			Attempts:    3,
			Protocols:   []string{"mpowerstore", "mabd", "phalanx"},
			Operations:  []string{result.OpRead, result.OpWrite},
			Suites:      []string{result.Paper},
			Durability:  []string{result.UsualDurability},
			T:           []int{1},
			Values:      []result.Value{{Size: 256 * result.KiB}},
			Clients:     nil,
		},
		Concurrency: 1 * result.Percent,
		Workload:    Workload{Keys: result.Uniform},
		Phases: Phases{
			Warmup: result.Duration(time.Second), Measure: result.Duration(3 * time.Second),
			Operations: 140, // of five runs they support a p99
		},
		Search: Search{
			Clients: []int{1, 2, 4, 8, 16},
			Gain:    3 * result.Percent,
			Measure: result.Duration(1500 * time.Millisecond),
			Latency: result.Duration(time.Minute),
		},
		Testbed: Testbed{
			Topology: result.SharedHost, ClientHosts: 3, Rate: result.Gbit, Congestion: "reno", Tolerance: 2 * result.Percent,
			DelayTolerance: 3 * result.Percent,
		},
	}
}

// fillIn sets what a file left out and whose default depends on what else it says. With segmentation offload NetEm
// would draw one delay for up to 64 KiB, not one for each packet.
func (s *Settings) fillIn() {
	s.Phases.Longest = cmp.Or(s.Phases.Longest, longest(s.Phases.Measure))
	s.fillObjective()
	if w := &s.Workload; w.Keys == result.Zipf {
		w.Skew, w.Items = cmp.Or(w.Skew, defaultSkew), cmp.Or(w.Items, defaultItems)
	}
	switch {
	case s.Testbed.Offload != "":
	case s.Testbed.NetEm():
		s.Testbed.Offload = Off
	default:
		s.Testbed.Offload = On
	}
}
