package experiment

import (
	"fmt"
	"math/rand/v2"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/workloads"
)

// A Series is what is measured with one or several numbers of clients, or rates of arrival.
type Series struct {
	Protocol   string // or a variant, such as "mpowerstore+polynomial"
	Suite      string
	Durability string
	Op         protocols.Op
	T          int // failure threshold
	ValueBytes int
}

// String is the series' name in logs, such as mabd/read/t1/256KiB. Suite and durability are in it if they are not the
// usual ones.
func (s Series) String() string {
	return fmt.Sprintf("%s/%s/t%d/%v%s", s.Protocol, s.Op, s.T, Size(s.ValueBytes), s.unusual())
}

// unusual is suite and durability, each after a slash, as far as they are not the usual ones.
func (s Series) unusual() (text string) {
	if s.Suite != usualSuite {
		text += "/" + s.Suite
	}
	if s.Durability != usualDurability {
		text += "/" + s.Durability
	}
	return text
}

// A Cell is one point of a figure. Clients is 0 if a search finds it for the series.
type Cell struct {
	Series
	Clients int     // all hosts together
	Rate    float64 // of an open loop, in operations per second, all hosts together; 0: a closed loop
}

// A Run is one repetition of a cell.
type Run struct {
	Cell
	Repetition int    // from 1
	Seed       uint64 // of everything random in it
}

// Cells lists the experiment's points: the product of its lists, in the order of the file. Behind the closed loops of a
// series come its open loops.
func (e *Experiment) Cells() []Cell {
	loads := e.loads()
	var cells []Cell
	for _, t := range e.T {
		for _, value := range e.Values {
			for _, op := range e.Operations {
				for _, s := range e.systems() {
					s.Op, s.T, s.ValueBytes = op, t, int(value)
					for _, c := range loads {
						c.Series = s
						cells = append(cells, c)
					}
				}
			}
		}
	}
	return cells
}

// loads are the cells of each series.
func (e *Experiment) loads() (all []Cell) {
	if e.Clients == nil {
		all = append(all, Cell{Clients: 0})
	}
	for _, c := range e.Clients {
		all = append(all, Cell{Clients: c})
	}
	for _, r := range e.Arrival.Rates {
		all = append(all, Cell{Clients: e.Arrival.Clients, Rate: r.Hz()})
	}
	return all
}

// systems are the protocols with each suite and durability.
func (e *Experiment) systems() (all []Series) {
	for _, protocol := range e.Protocols {
		for _, suite := range e.Suites {
			for _, durability := range e.Durability {
				all = append(all, Series{Protocol: protocol, Suite: suite, Durability: durability})
			}
		}
	}
	return all
}

// Schedule lists the experiment's runs in the order in which they take place: one repetition of all cells after the
// other, each in an order of its own, so that what disturbs the machine for a while does not fall on one cell.
//
// The seed decides it all. A run's own seed depends on what it measures, not on its place: it stays the same when
// other cells are added.
func (e *Experiment) Schedule() []Run {
	var runs []Run
	for repetition := 1; repetition <= e.Repetitions; repetition++ {
		cells := e.Cells()
		order := rand.New(rand.NewPCG(workloads.Derive(e.Seed, "order", repetition), 0))
		order.Shuffle(len(cells), func(i, j int) { cells[i], cells[j] = cells[j], cells[i] })
		for _, c := range cells {
			runs = append(runs, Run{c, repetition, e.seedOf(c, repetition)})
		}
	}
	return runs
}

// seedOf is the seed of a run.
func (e *Experiment) seedOf(c Cell, repetition int) uint64 {
	what := []any{"run", c.String(), c.Clients, repetition}
	if c.Rate > 0 {
		what = append(what, e.Arrival.Process, c.Rate)
	}
	return workloads.Derive(e.Seed, what...)
}
