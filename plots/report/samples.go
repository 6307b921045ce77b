package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/stat"
)

// samples is one measurement with its repetitions one by one: a column each, valid or not, in the order in which they
// were measured.
type samples struct {
	Name       string
	Run        *run
	Columns    []string // "1", or "1, attempt 2"
	Facts      []fact
	Histograms []histogram // of the columns; costs have none
	All        histogram   // of the valid ones together
	Histories  []file      // of the columns; costs have none
	Again      string      // the command that measures it again
}

// A fact is one property of every repetition.
type fact struct {
	Name   string
	Values []string
}

// A property names one fact of a repetition and reads it.
type property[T any] struct {
	name string
	of   func(T) string
}

// factsOf reads the properties of the repetitions, and leaves out those that were recorded for none.
func factsOf[T any](repetitions []T, properties []property[T]) []fact {
	var facts []fact
	for _, p := range properties {
		f := fact{Name: p.name}
		for _, r := range repetitions {
			f.Values = append(f.Values, p.of(r))
		}
		if slices.ContainsFunc(f.Values, func(v string) bool { return v != unknown }) {
			facts = append(facts, f)
		}
	}
	return facts
}

// ofPoint lists the facts of a repetition of a point, in this order.
var ofPoint = []property[result.Point]{
	{"valid", func(p result.Point) string { return validity(p.Valid, p.InvalidReason) }},
	{"throughput, MB/s", func(p result.Point) string { return number(p.ThroughputMBps) }},
	{"throughput, ops/s", func(p result.Point) string { return number(p.ThroughputOps) }},
	{"of the network bound", func(p result.Point) string { return share(p.BoundRatio) }},
	{"operations in the window", func(p result.Point) string { return fmt.Sprintf("%d in %s s", p.Ops, number(p.DurationS)) }},
	{"errors", func(p result.Point) string { return strconv.FormatInt(p.Errors, 10) }},
	{"latency mean, ms", func(p result.Point) string { return number(p.LatencyMs.Mean) }},
	{"p50, ms", func(p result.Point) string { return percentile(p.LatencyMs.P50, 0.5, p.Ops) }},
	{"p90, ms", func(p result.Point) string { return percentile(p.LatencyMs.P90, 0.9, p.Ops) }},
	{"p99, ms", func(p result.Point) string { return percentile(p.LatencyMs.P99, 0.99, p.Ops) }},
	{"p99.9, ms", func(p result.Point) string { return percentile(p.LatencyMs.P999, 0.999, p.Ops) }},
	{"max, ms", func(p result.Point) string { return number(p.LatencyMs.Max) }},
	{"service time mean, ms", func(p result.Point) string { return ofOpen(p, number(p.ServiceMs.Mean)) }},
	{"service time p99, ms", func(p result.Point) string { return ofOpen(p, percentile(p.ServiceMs.P99, 0.99, p.Ops)) }},
	{"slip of the schedule p99, ms", func(p result.Point) string { return ofOpen(p, percentile(p.SlipMs.P99, 0.99, p.Ops)) }},
	{"operations due, waiting at the ends", func(p result.Point) string {
		return ofOpen(p, fmt.Sprintf("%d, %d and %d", p.Arrivals, p.Backlog.Begin, p.Backlog.End))
	}},
	{"wait for lagging servers, ms", func(p result.Point) string { return number(p.LagWaitMs) }},
	{"operations by rounds", func(p result.Point) string { return roundsOf(p.Rounds) }},
	{"by rounds with data (D), without (d)", func(p result.Point) string { return kindsOf(p.RoundKinds) }},
	{"messages client → server", func(p result.Point) string { return recorded(p.Messages.ClientToServer) }},
	{"messages server → client", func(p result.Point) string { return recorded(p.Messages.ServerToClient) }},
	{"bytes client → server", func(p result.Point) string { return recorded(p.WireBytes.ClientToServer) }},
	{"bytes server → client", func(p result.Point) string { return recorded(p.WireBytes.ServerToClient) }},
	{"bytes retransmitted, to servers / to clients", func(p result.Point) string {
		if p.Retransmitted == (result.Traffic{}) {
			return unknown
		}
		return fmt.Sprintf("%d / %d", p.Retransmitted.ClientToServer, p.Retransmitted.ServerToClient)
	}},
	{"wire off the model, to servers / to clients", func(p result.Point) string { return deviation(p, p.WireFactor) }},
	{"links off the model, likewise", func(p result.Point) string { return deviation(p, p.LinkFactor()) }},
	{"operations that took them", func(p result.Point) string { return recorded(p.LoadOps) }},
	{"CPU clients, s", func(p result.Point) string { return number(p.CPUS.Clients) }},
	{"CPU of the load generators alone, s", func(p result.Point) string { return gauged(p.GeneratorS) }},
	{"CPU servers, s", func(p result.Point) string { return number(p.CPUS.Servers) }},
	{"host busy", func(p result.Point) string { return share(p.HostCPU.Busy) }},
	{"bottleneck", func(p result.Point) string { return p.Bottleneck }},
	{"linearizable", func(p result.Point) string { return verdict(p.Linearizable) }},
	{"keys", func(p result.Point) string { return strconv.Itoa(p.Keys) }},
	{"seed", func(p result.Point) string { return strconv.FormatUint(p.Seed, 10) }},
	{"started", func(p result.Point) string { return p.Started }},
}

func newSamples(c frame.Cell, r *run) *samples {
	points := c.All()
	slices.SortStableFunc(points, func(a, b result.Point) int {
		return cmp.Or(cmp.Compare(a.Repetition, b.Repetition), cmp.Compare(a.Attempt, b.Attempt))
	})
	s := &samples{Name: c.String(), Run: r, Again: runAgain(r, points[0])}
	for _, p := range points {
		s.Columns = append(s.Columns, columnName(p.Repetition, p.Attempt))
		s.Histories = append(s.Histories, r.history(p.History))
	}
	s.Facts = factsOf(points, ofPoint)
	s.Histograms, s.All = histograms(points)
	return s
}

// number formats x as the tables do, with three digits.
func number(x float64) string { return stat.Estimate{N: 1, Mean: x}.String() }

func share(x float64) string { return fmt.Sprintf("%.1f %%", 100*x) }

func columnName(repetition, attempt int) string {
	return strconv.Itoa(repetition) + ifTrue(attempt > 1, fmt.Sprintf(", attempt %d", attempt))
}

func validity(valid bool, why string) string {
	if valid {
		return "yes"
	}
	return "NO: " + cmp.Or(why, "no reason recorded")
}

func verdict(v result.Verdict) string {
	text := fmt.Sprintf("%s by %s, %d operations", cmp.Or(string(v.Code), "not checked"), cmp.Or(v.Checker, "none"), v.Operations)
	if v.Detail != "" {
		text += ": " + v.Detail
	}
	return text
}

// unknown stands in place of a number that was not recorded.
const unknown = "–"

// ofOpen is the text if the point is of an open loop.
func ofOpen(p result.Point, text string) string {
	if !p.Open() {
		return unknown
	}
	return text
}

// deviation is how far bytes per operation are from the exact cost model's, if they were counted.
func deviation(p result.Point, measured result.TrafficFactor) string {
	d, known := p.Deviation(measured)
	if !known || measured == (result.TrafficFactor{}) {
		return unknown
	}
	return stat.Signed(d.ClientToServer) + " / " + stat.Signed(d.ServerToClient)
}

// recorded is a count, which is 0 where it was not recorded.
func recorded(n int64) string {
	if n == 0 {
		return unknown
	}
	return strconv.FormatInt(n, 10)
}

// gauged is a number, which is 0 where it was not measured.
func gauged(x float64) string {
	if x == 0 {
		return unknown
	}
	return number(x)
}

// roundsOf is the operations by the rounds that they took, such as "2: 412, 3: 5".
func roundsOf(rounds map[string]int64) string {
	var parts []string
	for _, n := range slices.Sorted(maps.Keys(rounds)) {
		parts = append(parts, fmt.Sprintf("%s: %d", n, rounds[n]))
	}
	return cmp.Or(strings.Join(parts, ", "), unknown)
}

// kindsOf is the same by kinds of rounds, such as "D+d: 412".
func kindsOf(kinds map[result.Rounds]int64) string {
	rounds := map[string]int64{}
	for r, n := range kinds {
		rounds[r.String()] = n
	}
	return roundsOf(rounds)
}

// newCosts makes the samples of one scheme's costs at one t.
func newCosts(costs []result.Cost, runs runs) *samples {
	costs = slices.Clone(costs)
	slices.SortStableFunc(costs, func(a, b result.Cost) int {
		return cmp.Or(cmp.Compare(a.Repetition, b.Repetition), cmp.Compare(a.Attempt, b.Attempt))
	})
	s := &samples{Name: costs[0].Scheme, Facts: factsOf(costs, ofCost())}
	for set, r := range runs {
		if len(set.Costs) > 0 { // plots refuses costs of two runs
			s.Run = r
		}
	}
	for _, c := range costs {
		s.Columns = append(s.Columns, columnName(c.Repetition, c.Attempt))
	}
	s.Again = fmt.Sprintf("jq .config %s > again.yaml && powbench costs --results again again.yaml", quoted(s.Run.manifest()))
	return s
}

// ofCost lists the facts of a repetition of a scheme's costs, in this order.
func ofCost() []property[result.Cost] {
	properties := []property[result.Cost]{
		{"valid", func(c result.Cost) string { return validity(c.Valid, c.InvalidReason) }},
	}
	for _, side := range []struct {
		name string
		of   func(result.Cost) result.Spent
	}{
		{"construct", func(c result.Cost) result.Spent { return c.Construct }},
		{"verify", func(c result.Cost) result.Spent { return c.Verify }},
	} {
		for _, p := range ofSpent {
			properties = append(properties, property[result.Cost]{
				side.name + ": " + p.name, func(c result.Cost) string { return p.of(side.of(c)) },
			})
		}
	}
	return append(properties,
		property[result.Cost]{"stolen by the hypervisor", func(c result.Cost) string { return share(c.HostSteal) }},
		property[result.Cost]{"started", func(c result.Cost) string { return cmp.Or(c.Started, unknown) }})
}

var ofSpent = []property[result.Spent]{
	{"µs", func(s result.Spent) string { return number(s.Ns / 1e3) }},
	{"operations timed", func(s result.Spent) string { return recorded(int64(s.Ops)) }},
	{"allocations", func(s result.Spent) string { return number(s.Allocs) }},
	{"bytes allocated", func(s result.Spent) string { return number(s.Bytes) }},
	{"multiplications", func(s result.Spent) string { return recorded(s.Multiplications) }},
	{"other work had the processor", func(s result.Spent) string { return share(s.Waited) }},
}
