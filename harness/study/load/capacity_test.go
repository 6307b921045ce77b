package load

import (
	"errors"
	"slices"
	"testing"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/cluster"
	"github.com/powbench/powbench/harness/experiment"
	"github.com/powbench/powbench/harness/result"
)

// The search closes in on the highest rate that is kept, from above and from below, and does not believe in luck.
func TestHighestRate(t *testing.T) {
	for name, c := range map[string]struct {
		l    ladder
		most float64         // that is kept
		luck map[float64]int // how often other rates are kept
		want float64
	}{
		"at once":             {l: ladder{25, 100, 1000, 0.05}, most: 100, want: 100},
		"far above the first": {l: ladder{25, 100, 100_000, 0.05}, most: 3333, want: 3200},
		"far below the first": {l: ladder{1, 500, 1000, 0.05}, most: 3.4, want: 3.31},
		"at the lowest":       {l: ladder{25, 100, 1000, 0.05}, most: 25, want: 25},
		"none":                {l: ladder{25, 100, 1000, 0.05}, most: 24, want: 0},
		"all":                 {l: ladder{25, 100, 1000, 0.05}, most: 1e9, want: 1000},
		"a lucky try":         {l: ladder{25, 100, 1000, 0.5}, most: 100, luck: map[float64]int{200: 1}, want: 100},
		"luck at first":       {l: ladder{25, 100, 1000, 0.5}, most: 50, luck: map[float64]int{100: 1}, want: 50},
		"nothing but luck":    {l: ladder{100, 100, 1000, 0.5}, most: 1, luck: map[float64]int{100: 1}, want: 0},
	} {
		t.Run(name, func(t *testing.T) {
			var tried []float64
			got, err := c.l.highest(func(rate float64) (bool, error) {
				tried = append(tried, rate)
				if c.luck[rate] > 0 {
					c.luck[rate]--
					return true, nil
				}
				return rate <= c.most, nil
			})
			if err != nil || got > c.most || got > c.want*1.001 || got < c.want*0.999 {
				t.Errorf("%v, %v, want %v, after %v", got, err, c.want, tried)
			}
			if slices.Min(tried) < c.l.from || slices.Max(tried) > c.l.most {
				t.Errorf("tried %v, want from %v to %v", tried, c.l.from, c.l.most)
			}
			if got > 0 && (tried[len(tried)-1] != got || !slices.Contains(tried[:len(tried)-1], got)) {
				t.Errorf("%v was not tried again: %v", got, tried)
			}
		})
	}
	failure := errors.New("broken")
	if _, err := (ladder{1, 2, 3, 0.1}).highest(func(float64) (bool, error) { return true, failure }); !errors.Is(err, failure) {
		t.Errorf("error %v", err)
	}
}

// A rate has three digits, and no more than a file tells apart.
func TestTidy(t *testing.T) {
	for rate, want := range map[float64]float64{1234: 1230, 117.32: 117, 25: 25, 3.4567: 3.46, 0.12345: 0.123, 0.01234: 0.012, 99_999: 100_000} {
		if got := tidy(rate); got != want {
			t.Errorf("%v is %v, want %v", rate, got, want)
		}
	}
}

// What the backlog grew by would have been slow; what it shrank by says nothing.
func TestSlowerThan(t *testing.T) {
	l := cluster.Loaded{Tally: agent.Tally{Open: &agent.Open{Backlog: result.Backlog{Begin: 2, End: 5}}}}
	l.Read.Latency, l.Write.Latency = timingOf(1e6, 25e6, 19e6), timingOf(21e6)
	o := result.Objective{P99: result.Duration(20e6), Confidence: 95 * result.Percent}
	if operations, slower := slowerThan(o, l); operations != 7 || slower != 5 {
		t.Errorf("%d of %d are slower, want 5 of 7", slower, operations)
	}
	l.Open.Backlog.Begin = 9
	if operations, slower := slowerThan(o, l); operations != 4 || slower != 2 {
		t.Errorf("%d of %d are slower, want 2 of 4", slower, operations)
	}
}

// Points are measured at the rate that was found, under their own names; without one they are left out.
func TestSoughtRate(t *testing.T) {
	r := newRunner(t, "experiment: x\nprotocols: [mabd]\noperations: [read]\nrepetitions: 1\n"+
		"arrival: {rates: [50/s], clients: 2}\nobjective: {p99: 20ms}\n", 1, 3, 0)
	cells := r.Experiment.Cells()
	tasks := r.tasks()
	if len(cells) != 2 || cells[0].RateSought() || !cells[1].RateSought() || len(tasks) != 3 || tasks[0].Name() != "capacity of mabd/read/t1/256KiB" {
		t.Fatalf("cells %v, %d tasks, the first %q", cells, len(tasks), tasks[0].Name())
	}
	sought := &measurement{r, experiment.Run{Cell: cells[1], Repetition: 1}}
	if line, _, err := sought.Do(t.Context(), 1); line != nil || err != nil {
		t.Errorf("measured before a rate was found: %v, %v", line, err)
	}
	found := result.Capacity{Series: cells[1].Series, Load: cells[1].Load}
	found.Rate = 117.5
	r.bench.Manifest.Capacities = []result.Capacity{found}
	if name := sought.Name(); name != "mabd-read-t1-256KiB-c2-r117.5-rep1" || sought.twice() {
		t.Errorf("the run is called %q", name)
	}
	p := r.newPoint(sought.resolved(), 1)
	if p.Rate != 117.5 || p.Clients != 2 || p.Arrival != result.Poisson {
		t.Errorf("the point's load is %+v", p.Load)
	}
	p.Valid = true
	e := r.earlier(&result.Set{Manifest: r.bench.Manifest, Points: []result.Point{p}})
	if !e.Done[tasks[0].Name()] || !e.Done[sought.Name()] || len(e.Done) != 2 {
		t.Errorf("done: %v", e.Done)
	}
	r.bench.Manifest.Capacities[0].Rate = 50
	if !sought.twice() {
		t.Error("a rate that the experiment lists is measured twice")
	}
}
