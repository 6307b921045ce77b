package plots

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/powbench/powbench/harness/result"
)

// What a row of counts comes to.
const (
	equal       = "equal"
	notReached  = "not reached"
	notMeasured = "not measured"
	differs     = "DIFFERS"
)

// bytesTolerance is how far the bytes of an operation may be off, as a share of what the cost model says, or of the
// value's size if that is more.
const bytesTolerance = 0.03

// counted is a measurement whose rounds, messages and bytes were counted without faults. They do not depend on how busy
// the machine was: all runs count that no operation failed in, also those that are no measurement of time.
type counted struct {
	Cell
	runs []result.Point
}

// countedCells are those of the table of counts.
func countedCells(cells []Cell) (all []counted) {
	for _, c := range cells {
		if figures[c.Figure].table {
			all = append(all, counted{c, keep(c.All(), func(p result.Point) bool {
				return p.Errors == 0 && p.LoadOps > 0 && len(p.RoundKinds) > 0
			})})
		}
	}
	return all
}

// rounds is how many operations took which rounds.
func (c counted) rounds() map[result.Rounds]int64 {
	sum := map[result.Rounds]int64{}
	for _, p := range c.runs {
		addRounds(sum, p.RoundKinds)
	}
	return sum
}

func addRounds(sum, more map[result.Rounds]int64) {
	for rounds, ops := range more {
		sum[rounds] += ops
	}
}

// traffic is a quantity per operation of all runs, by direction, divided by unit.
func (c counted) traffic(unit int, of func(result.Point) result.Traffic) (f result.TrafficFactor) {
	var ops float64
	for _, p := range c.runs {
		t := of(p)
		f.ClientToServer += float64(t.ClientToServer)
		f.ServerToClient += float64(t.ServerToClient)
		ops += float64(p.LoadOps * int64(unit))
	}
	return result.TrafficFactor{ClientToServer: f.ClientToServer / ops, ServerToClient: f.ServerToClient / ops}
}

func (c counted) messages() result.TrafficFactor {
	return c.traffic(1, func(p result.Point) result.Traffic { return p.Messages })
}

func (c counted) bytes() result.TrafficFactor {
	return c.traffic(c.ValueBytes, func(p result.Point) result.Traffic { return p.WireBytes })
}

// differences names what is not as the cost model says. That every round asks all servers is no part of it: a variant
// may ask fewer.
func (c counted) differences() (all []string) {
	model := c.runs[0]
	if kinds := c.rounds(); len(kinds) != 1 || kinds[model.ModelRounds] == 0 {
		all = append(all, "rounds")
	}
	want := float64(model.Servers * model.ModelRounds.Total())
	if c.Variant == paperVariant && c.messages() != (result.TrafficFactor{ClientToServer: want, ServerToClient: want}) {
		all = append(all, "messages")
	}
	up, down := c.deviations()
	if math.Abs(up) > bytesTolerance || math.Abs(down) > bytesTolerance {
		all = append(all, "bytes")
	}
	return all
}

// deviations are how far bytes are off, by direction.
func (c counted) deviations() (up, down float64) {
	measured, model := c.bytes(), c.runs[0].CostFactor
	of := func(measured, model float64) float64 { return (measured - model) / max(1, model) }
	return of(measured.ClientToServer, model.ClientToServer), of(measured.ServerToClient, model.ServerToClient)
}

func (c counted) verdict() string {
	if len(c.runs) == 0 {
		return notMeasured
	}
	return verdictOf(c.differences())
}

func verdictOf(differences []string) string {
	if len(differences) > 0 {
		return differs + ": " + strings.Join(differences, ", ")
	}
	return equal
}

// roundsName names the rounds that operations took, as in "D+d" and "D+d (90), D+2d (3)", the most frequent first.
func roundsName(kinds map[result.Rounds]int64) string {
	all := slices.SortedFunc(maps.Keys(kinds), func(a, b result.Rounds) int {
		return max(-1, min(1, int(kinds[b]-kinds[a])))*4 + strings.Compare(a.String(), b.String())
	})
	switch len(all) {
	case 0:
		return missing
	case 1:
		return all[0].String()
	}
	names := make([]string, len(all))
	for i, r := range all {
		names[i] = fmt.Sprintf("%v (%d)", r, kinds[r])
	}
	return strings.Join(names, ", ")
}

// faultFreeTable is a row for each measurement.
func faultFreeTable(cells []counted) Table {
	t := Table{
		Title: "Table 3: rounds, messages and bytes without faults",
		Header: []string{
			"protocol", "op", "t", "value", "runs", "operations", "model", "measured", "messages c→s", "messages s→c",
			"bytes c→s", "bytes s→c", "deviation", "verdict",
		},
		Notes: []string{fmt.Sprintf("Per operation, in brackets what the model says: every round asks all servers and all answer; bytes, framing "+
			"included, in multiples of the value's size. Deviation: of the bytes, c→s / s→c, in percent of the model's or of one "+
			"value, if that is more. Equal: the same rounds in every operation, the same messages, and bytes within %.0f %%.",
			100*bytesTolerance)},
	}
	for _, c := range cells {
		t.Rows = append(t.Rows, c.row())
	}
	return t
}

func (c counted) row() []string {
	what := []string{
		c.system().name(), opName(c.Op), strconv.Itoa(c.T), sizeName(c.ValueBytes),
		fmt.Sprintf("%d/%d", len(c.runs), len(c.All())),
	}
	if len(c.runs) == 0 {
		return append(what, missing, missing, missing, missing, missing, missing, missing, missing, c.verdict())
	}
	var ops int64
	for _, p := range c.runs {
		ops += p.LoadOps
	}
	model, messages, bytes := c.runs[0], c.messages(), c.bytes()
	sent := float64(model.Servers * model.ModelRounds.Total())
	up, down := c.deviations()
	beside := func(measured, model float64) string {
		return strconv.FormatFloat(measured, 'g', 6, 64) + " (" + strconv.FormatFloat(model, 'g', 6, 64) + ")"
	}
	return append(what, strconv.FormatInt(ops, 10), model.ModelRounds.String(), roundsName(c.rounds()),
		beside(messages.ClientToServer, sent), beside(messages.ServerToClient, sent),
		fmt.Sprintf("%.3f (%.3f)", bytes.ClientToServer, model.CostFactor.ClientToServer),
		fmt.Sprintf("%.3f (%.3f)", bytes.ServerToClient, model.CostFactor.ServerToClient),
		fmt.Sprintf("%+.2f / %+.2f %%", 100*up, 100*down), c.verdict())
}
