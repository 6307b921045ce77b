package frame

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/stat"
)

// What a row of counts comes to.
const (
	Equal       = "equal"
	NotReached  = "not reached"
	NotMeasured = "not measured"
	Differs     = "DIFFERS"
)

// BytesTolerance is how far the bytes of an operation may be off, as a share of what the cost model says, or of the
// value's size if that is more.
const BytesTolerance = 0.03

// Counted is a measurement whose rounds, messages and bytes were counted without faults. They do not depend on how busy
// the machine was: all runs count that no operation failed in, also those that are no measurement of time.
type Counted struct {
	Cell
	Runs []result.Point
}

// Rounds is how many operations took which rounds.
func (c Counted) Rounds() map[result.Rounds]int64 {
	sum := map[result.Rounds]int64{}
	for _, p := range c.Runs {
		AddRounds(sum, p.RoundKinds)
	}
	return sum
}

// Messages are per operation, of all runs.
func (c Counted) Messages() result.TrafficFactor {
	return perOperation(c.Runs, 1, func(p result.Point) result.Traffic { return p.Messages })
}

// Bytes are per operation, of all runs, in multiples of the value's size.
func (c Counted) Bytes() result.TrafficFactor {
	return perOperation(c.Runs, c.ValueBytes, func(p result.Point) result.Traffic { return p.WireBytes })
}

// Verdict says whether each run is as the cost model says. That every round asks all servers is no part of the model: a
// variant may ask fewer.
func (c Counted) Verdict() string {
	if len(c.Runs) == 0 {
		return NotMeasured
	}
	var rounds, messages, bytes bool
	for _, p := range c.Runs {
		one := Counted{c.Cell, []result.Point{p}}
		rounds = rounds || p.RoundKinds[p.ModelRounds] != p.LoadOps || len(p.RoundKinds) != 1
		all := result.TrafficFactor{ClientToServer: Sent(p), ServerToClient: Sent(p)}
		messages = messages || c.Variant == result.Paper && one.Messages() != all
		up, down := one.Deviations()
		bytes = bytes || max(math.Abs(up), math.Abs(down)) > BytesTolerance
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
		return Equal
	}
	return Differs + ": " + strings.Join(differences, ", ")
}

// Deviations are how far bytes are off the first run's model, by direction.
func (c Counted) Deviations() (up, down float64) {
	measured, model := c.Bytes(), c.Runs[0].CostFactor
	of := func(measured, model float64) float64 { return (measured - model) / max(1, model) }
	return of(measured.ClientToServer, model.ClientToServer), of(measured.ServerToClient, model.ServerToClient)
}

// Named is the cell's system, whatever its suite and durability, on which no count depends.
func (c Counted) Named() System { return System{Protocol: c.Protocol, Variant: c.Variant} }

// CountedCells are those of the table of counts.
func CountedCells(cells []Cell) (all []Counted) {
	for _, c := range cells {
		if Known[c.Figure].Table {
			all = append(all, Counted{c, Keep(c.All(), func(p result.Point) bool {
				return p.Errors == 0 && p.LoadOps > 0 && len(p.RoundKinds) > 0
			})})
		}
	}
	return all
}

func AddRounds(sum, more map[result.Rounds]int64) {
	for rounds, ops := range more {
		sum[rounds] += ops
	}
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

// Sent is how many messages the model expects each way, where every round asks all servers.
func Sent(p result.Point) float64 { return float64(p.Servers * p.ModelRounds.Total()) }

// RoundsName names the rounds that operations took, as in "D+d" and "D+d (90), D+2d (3)", the most frequent first.
func RoundsName(kinds map[result.Rounds]int64) string {
	all := slices.SortedFunc(maps.Keys(kinds), func(a, b result.Rounds) int {
		return cmp.Or(cmp.Compare(kinds[b], kinds[a]), strings.Compare(a.String(), b.String()))
	})
	switch len(all) {
	case 0:
		return stat.Missing
	case 1:
		return all[0].String()
	}
	names := make([]string, len(all))
	for i, r := range all {
		names[i] = fmt.Sprintf("%v (%d)", r, kinds[r])
	}
	return strings.Join(names, ", ")
}
