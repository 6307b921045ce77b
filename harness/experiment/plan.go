package experiment

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/powbench/powbench/harness/result"
)

// WritePlan writes what the experiment will do: its circumstances, a line per cell, and how long it will take.
func (e *Experiment) WritePlan(w io.Writer) error {
	paces := e.paces()
	total, err := e.estimate(paces)
	if err != nil {
		return err
	}
	out := new(bytes.Buffer)
	e.planHead(out)
	if err := e.planCells(out, paces); err != nil {
		return err
	}
	cells := e.Cells()
	fmt.Fprintf(out, "\n%d cells × %d repetitions = %d runs", len(cells), e.Repetitions, len(cells)*e.Repetitions)
	if searches := len(cells) / len(e.Loads()); e.Saturates() {
		fmt.Fprintf(out, ", after %d searches for the clients that saturate", searches)
	}
	if sought := count(cells, result.Cell.RateSought); sought > 0 {
		fmt.Fprintf(out, ", after %d searches for the highest rate", sought)
	}
	fmt.Fprintf(out, "\nexpected time %v: runs %v, searches %v, calibration %v\n", short(total.Total()),
		short(total.Runs), short(total.Searches), short(total.Calibration))
	_, err = out.WriteTo(w)
	return err
}

// WritePlanJSON writes the same for programs, as one JSON object in a line. Times are in seconds.
func (e *Experiment) WritePlanJSON(w io.Writer) error {
	paces := e.paces()
	total, err := e.estimate(paces)
	if err != nil {
		return err
	}
	type planned struct {
		result.Cell
		Seconds float64 `json:"run_s"` // of one run
	}
	plan := struct {
		Experiment  string    `json:"experiment"`
		Figure      string    `json:"figure,omitempty"`
		Repetitions int       `json:"repetitions"`
		Total       float64   `json:"total_s"`
		Runs        float64   `json:"runs_s"`
		Searches    float64   `json:"searches_s"`
		Calibration float64   `json:"calibration_s"`
		Cells       []planned `json:"cells"`
	}{
		Experiment: e.Name, Figure: e.Figure, Repetitions: e.Repetitions, Total: total.Total().Seconds(), Runs: total.Runs.Seconds(),
		Searches: total.Searches.Seconds(), Calibration: total.Calibration.Seconds(),
	}
	for _, c := range e.Cells() {
		p, err := paces.of(c.Series)
		if err != nil {
			return err
		}
		plan.Cells = append(plan.Cells, planned{c, p.runTime(c.Load).Seconds()})
	}
	return json.NewEncoder(w).Encode(plan)
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
	fmt.Fprintf(w, "servers   suite %s, durability %s, auth %s\n", join(e.Suites), join(e.Durability), cmp.Or(join(e.Auth), result.NoAuth))
	fmt.Fprintf(w, "workload  keys %s, background %v, seed %d\n", e.keyModel(), e.Workload.Background, e.Seed)
	if e.OpenLoop() {
		fmt.Fprintf(w, "arrival   %v\n", e.Arrival)
	}
	if e.Objective.Asked() {
		fmt.Fprintf(w, "objective %v, at rates from %v, to within %v\n", e.Objective, e.Objective.From, e.Objective.Step)
	}
	fmt.Fprintf(w, "phases    warm-up %v, measure %v, and on until %d operations have ended, at most %v%s\n\n", e.Phases.Warmup,
		e.Phases.Measure, e.Phases.Operations, e.Phases.Longest, e.Phases.inIntervals())
}

// keyModel is how clients choose keys, and what decides how many there are.
func (e *Experiment) keyModel() string {
	if e.Workload.Keys == result.Zipf {
		return fmt.Sprintf("%s, skew %v, %d items", e.Workload.Keys, e.Workload.Skew, e.Workload.Items)
	}
	return fmt.Sprintf("%s, concurrency %v", e.Workload.Keys, e.Concurrency)
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
func (e *Experiment) planCells(w io.Writer, paces *paces) error {
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "protocol\top\tt\tservers\tvalue\tclients\tkeys\ttime per run")
	for _, c := range e.Cells() {
		p, err := paces.of(c.Series)
		if err != nil {
			return err
		}
		clients, keys := "search", "?"
		if c.Clients > 0 {
			clients, keys = strconv.Itoa(c.Clients), strconv.Itoa(e.Keys(c.Clients))
		}
		switch {
		case c.RateSought():
			clients += " at ?/s"
		case c.Open():
			clients += fmt.Sprintf(" at %g/s", c.Rate)
		}
		if c.Ignores() {
			clients += ", owed " + c.Owed
		}
		if c.Alternates() {
			clients += ", recorded in turn"
		}
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%s\t%s\t%s\t%.1f s\n", c.FullName()+c.Unusual(), c.Op, c.T, p.read.Servers,
			c.Series.Size(), clients, keys, p.runTime(c.Load).Seconds())
	}
	return table.Flush()
}

// count is how many of the cells are such.
func count(cells []result.Cell, is func(result.Cell) bool) (n int) {
	for _, c := range cells {
		if is(c) {
			n++
		}
	}
	return n
}

// short rounds a duration to what an estimate can know.
func short(d time.Duration) time.Duration { return d.Round(time.Second) }
