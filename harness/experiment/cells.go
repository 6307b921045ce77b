package experiment

import (
	"math/rand/v2"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/workloads"
)

// A Run is one repetition of a cell.
type Run struct {
	result.Cell
	Repetition int    // from 1
	Seed       uint64 // of everything random in it
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
func (e *Experiment) seedOf(c result.Cell, repetition int) uint64 {
	what := []any{"run", c.String(), c.Clients, repetition}
	if c.Open() {
		what = append(what, c.Arrival, c.Rate)
	}
	return workloads.Derive(e.Seed, what...)
}
