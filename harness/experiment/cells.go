package experiment

import (
	"math/rand/v2"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/workloads"
)

// A Cell is one point of a figure: a series under one load. Its Clients are 0 if a search finds them for the series.
type Cell struct {
	result.Series
	result.Load
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
						cells = append(cells, Cell{s, c})
					}
				}
			}
		}
	}
	return cells
}

// loads are what each series is measured under.
func (e *Experiment) loads() (all []result.Load) {
	if e.Clients == nil {
		all = append(all, result.Load{Arrival: result.Closed})
	}
	for _, c := range e.Clients {
		all = append(all, result.Load{Clients: c, Arrival: result.Closed})
	}
	for _, r := range e.Arrival.Rates {
		all = append(all, result.Load{Clients: e.Arrival.Clients, Arrival: e.Arrival.Process, Rate: r.Hz()})
	}
	return all
}

// systems are the protocols with each suite and durability.
func (e *Experiment) systems() (all []result.Series) {
	for _, name := range e.Protocols {
		protocol, variant := result.SplitName(name)
		for _, suite := range e.Suites {
			for _, durability := range e.Durability {
				all = append(all, result.Series{Protocol: protocol, Variant: variant, Suite: suite, Durability: durability})
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
	if c.Open() {
		what = append(what, c.Arrival, c.Rate)
	}
	return workloads.Derive(e.Seed, what...)
}
