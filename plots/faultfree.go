package plots

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
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
		if known[c.Figure].table {
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

// messages are per operation, of all runs.
func (c counted) messages() result.TrafficFactor {
	return perOperation(c.runs, 1, func(p result.Point) result.Traffic { return p.Messages })
}

// bytes are per operation, of all runs, in multiples of the value's size.
func (c counted) bytes() result.TrafficFactor {
	return perOperation(c.runs, c.ValueBytes, func(p result.Point) result.Traffic { return p.WireBytes })
}

// perOperation is a quantity per operation of all runs, in multiples of unit.
func perOperation(runs []result.Point, unit int, of func(result.Point) result.Traffic) result.TrafficFactor {
	var sum result.TrafficFactor
	var ops float64
	for _, p := range runs {
		sum.ClientToServer += float64(of(p).ClientToServer)
		sum.ServerToClient += float64(of(p).ServerToClient)
		ops += float64(p.LoadOps)
	}
	ops *= float64(unit)
	return result.TrafficFactor{ClientToServer: sum.ClientToServer / ops, ServerToClient: sum.ServerToClient / ops}
}

// sent is how many messages the model expects each way, where every round asks all servers.
func sent(p result.Point) float64 { return float64(p.Servers * p.ModelRounds.Total()) }

// verdict says whether each run is as the cost model says. That every round asks all servers is no part of the model: a
// variant may ask fewer.
func (c counted) verdict() string {
	if len(c.runs) == 0 {
		return notMeasured
	}
	var rounds, messages, bytes bool
	for _, p := range c.runs {
		one := counted{c.Cell, []result.Point{p}}
		rounds = rounds || p.RoundKinds[p.ModelRounds] != p.LoadOps || len(p.RoundKinds) != 1
		all := result.TrafficFactor{ClientToServer: sent(p), ServerToClient: sent(p)}
		messages = messages || c.Variant == paperVariant && one.messages() != all
		up, down := one.deviations()
		bytes = bytes || max(math.Abs(up), math.Abs(down)) > bytesTolerance
	}
	var differences []string
	for _, d := range []struct {
		found bool
		name  string
	}{{rounds, "rounds"}, {messages, "messages"}, {bytes, "bytes"}} {
		if d.found {
			differences = append(differences, d.name)
		}
	}
	if len(differences) == 0 {
		return equal
	}
	return differs + ": " + strings.Join(differences, ", ")
}

// deviations are how far bytes are off the first run's model, by direction.
func (c counted) deviations() (up, down float64) {
	measured, model := c.bytes(), c.runs[0].CostFactor
	of := func(measured, model float64) float64 { return (measured - model) / max(1, model) }
	return of(measured.ClientToServer, model.ClientToServer), of(measured.ServerToClient, model.ServerToClient)
}

// roundsName names the rounds that operations took, as in "D+d" and "D+d (90), D+2d (3)", the most frequent first.
func roundsName(kinds map[result.Rounds]int64) string {
	all := slices.SortedFunc(maps.Keys(kinds), func(a, b result.Rounds) int {
		return cmp.Or(cmp.Compare(kinds[b], kinds[a]), strings.Compare(a.String(), b.String()))
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
