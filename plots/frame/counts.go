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

// What a row of counts comes to. Differs has the differences behind a colon.
const (
	Equal       = "equal"
	NotReached  = "not reached"
	Otherwise   = "counted otherwise"
	NotMeasured = "not measured"
	Differs     = "DIFFERS"
)

// BytesTolerance is how far bytes may be off, as a share of the cost model's, or of the value's size if that is more.
const BytesTolerance = 0.03

// Counted is a measurement whose rounds, messages and bytes were counted without faults. A busy machine does not change
// them: all runs count in which no operation failed, even if their times do not.
type Counted struct {
	Cell
	Points   []result.Point
	Ops      int64
	Rounds   map[result.Rounds]int64 // operations by the rounds that they took
	Messages result.TrafficFactor    // per operation
	Bytes    result.TrafficFactor    // per operation, in multiples of the value's size
	// Made and Verified are signatures per operation; not known of points of earlier versions.
	Made, Verified BySide
	Up, Down       float64 // how far Bytes are off the first run's model, by direction
	Verdict        string  // whether each run is as the cost model says
}

// BySide is a number of all clients and of all servers.
type BySide struct {
	Known            bool
	Clients, Servers float64
}

// CountedCells returns the cells of the table of counts.
func CountedCells(cells []Cell) (all []Counted) {
	for _, c := range cells {
		if c.Figure == Counts {
			counted := count(c, Keep(c.All(), func(p result.Point) bool {
				return p.Errors == 0 && p.LoadOps > 0 && len(p.RoundKinds) > 0
			}))
			counted.Verdict = counted.verdict()
			all = append(all, counted)
		}
	}
	return all
}

func count(cell Cell, points []result.Point) Counted {
	c := Counted{Cell: cell, Points: points, Rounds: map[result.Rounds]int64{}}
	var messages, bytes result.Traffic
	for _, p := range points {
		c.Ops += p.LoadOps
		for rounds, ops := range p.RoundKinds {
			c.Rounds[rounds] += ops
		}
		messages, bytes = plus(messages, p.Messages), plus(bytes, p.WireBytes)
	}
	c.Messages, c.Bytes = per(messages, c.Ops), per(bytes, c.Ops*int64(cell.ValueBytes))
	c.Made = signatures(points, c.Ops, func(s result.Signed) int64 { return s.Made })
	c.Verified = signatures(points, c.Ops, func(s result.Signed) int64 { return s.Verified })
	if len(points) > 0 {
		off := func(measured, model float64) float64 { return (measured - model) / max(1, model) }
		model := points[0].Model()
		c.Up, c.Down = off(c.Bytes.ClientToServer, model.ClientToServer), off(c.Bytes.ServerToClient, model.ServerToClient)
	}
	return c
}

// signatures adds up what the points' clients and servers did with signatures, per operation.
func signatures(points []result.Point, ops int64, of func(result.Signed) int64) BySide {
	sum := BySide{Known: len(points) > 0}
	for _, p := range points {
		if p.Signatures == nil {
			return BySide{}
		}
		sum.Clients += float64(of(p.Signatures.Clients)) / float64(ops)
		sum.Servers += float64(of(p.Signatures.Servers)) / float64(ops)
	}
	return sum
}

func plus(a, b result.Traffic) result.Traffic {
	return result.Traffic{ClientToServer: a.ClientToServer + b.ClientToServer, ServerToClient: a.ServerToClient + b.ServerToClient}
}

func per(t result.Traffic, unit int64) result.TrafficFactor {
	return result.TrafficFactor{
		ClientToServer: float64(t.ClientToServer) / float64(unit), ServerToClient: float64(t.ServerToClient) / float64(unit),
	}
}

// Sent is the number of messages that the model expects each way, where every round asks all servers.
func Sent(p result.Point) float64 { return float64(p.Servers * p.ModelRounds.Total()) }

// verdict compares each run with the cost model. Variants may ask fewer servers than all.
func (c Counted) verdict() string {
	if len(c.Points) == 0 {
		return NotMeasured
	}
	found := map[string]bool{}
	for _, p := range c.Points {
		one := count(c.Cell, []result.Point{p})
		sent := result.TrafficFactor{ClientToServer: Sent(p), ServerToClient: Sent(p)}
		found["rounds"] = found["rounds"] || p.RoundKinds[p.ModelRounds] != p.LoadOps || len(p.RoundKinds) != 1
		found["messages"] = found["messages"] || c.Variant == result.Paper && one.Messages != sent
		found["bytes"] = found["bytes"] || max(math.Abs(one.Up), math.Abs(one.Down)) > BytesTolerance
	}
	differences := Keep([]string{"rounds", "messages", "bytes"}, func(what string) bool { return found[what] })
	if len(differences) == 0 {
		return Equal
	}
	return Differs + ": " + strings.Join(differences, ", ")
}

// RoundsName names the rounds that operations took, as in "D+d" and "D+d (90), D+2d (3)", the most frequent first.
func RoundsName(kinds map[result.Rounds]int64) string {
	all := slices.SortedFunc(maps.Keys(kinds), func(a, b result.Rounds) int {
		return cmp.Or(cmp.Compare(kinds[b], kinds[a]), strings.Compare(a.String(), b.String()))
	})
	if len(all) == 1 {
		return all[0].String()
	}
	names := make([]string, len(all))
	for i, r := range all {
		names[i] = fmt.Sprintf("%v (%d)", r, kinds[r])
	}
	return stat.OrDash(strings.Join(names, ", "))
}

// A WorstCase is the most that operations of one kind took in the trials that their protocol is to withstand.
type WorstCase struct {
	System System
	result.Series
	Trials int
	Ops    int64
	Rounds result.Rounds // the most, of two as long those with more data
	Attack string        // the first that brings them about
	Most   result.Most
}

// WorstCases returns the worst case of every protocol and operation that trials counted.
func WorstCases(trials []Trial) (all []WorstCase) {
	ids := AttackIDs(trials) // the fault-free trial is the first
	trials = Keep(trials, func(t Trial) bool { return t.Bounds() })
	slices.SortStableFunc(trials, func(a, b Trial) int {
		return cmp.Compare(slices.Index(ids, a.Attack), slices.Index(ids, b.Attack))
	})
	for _, t := range trials {
		all = t.raise(all, result.OpRead, t.ReadKinds, t.ReadMost)
		all = t.raise(all, result.OpWrite, t.WriteKinds, t.WriteMost)
	}
	slices.SortFunc(all, func(a, b WorstCase) int {
		return cmp.Or(a.System.Compare(b.System), cmp.Compare(a.Op, b.Op), cmp.Compare(a.T, b.T))
	})
	return all
}

// raise adds what the trial's operations of one kind took.
func (t Trial) raise(all []WorstCase, op string, kinds map[result.Rounds]int64, most result.Most) []WorstCase {
	if len(kinds) == 0 {
		return all // of an earlier version, which did not count them
	}
	i := slices.IndexFunc(all, func(w WorstCase) bool { return w.System == t.System && w.Op == op && w.T == t.T })
	if i < 0 {
		i, all = len(all), append(all, WorstCase{
			System: t.System, Series: result.Series{Op: op, T: t.T, ValueBytes: t.ValueBytes},
		})
	}
	w := &all[i]
	w.Trials++
	w.Most.Raise(most)
	for rounds, ops := range kinds {
		if w.Ops += ops; worse(rounds, w.Rounds) {
			w.Rounds, w.Attack = rounds, t.AttackName()
		}
	}
	return all
}

// worse reports whether a takes longer than b: more rounds or, of as many, more with data.
func worse(a, b result.Rounds) bool {
	return cmp.Or(cmp.Compare(a.Total(), b.Total()), cmp.Compare(a.Data, b.Data)) > 0
}

// Verdict compares the worst case with the paper's row, if there is one.
func (w WorstCase) Verdict() string {
	p := PublishedAs(w.System)
	switch {
	case p == nil:
		return stat.Missing
	case p.Of(w.Op) == Unbounded:
		return NotReached
	case strings.HasPrefix(p.Of(w.Op), ">"):
		return Otherwise
	}
	var bound result.Rounds
	_ = bound.UnmarshalText([]byte(p.Of(w.Op))) // a test parses all rows that are measured
	switch {
	case w.Rounds == bound:
		return Equal
	case w.Rounds.Total() < bound.Total():
		return NotReached
	}
	return Differs + ": rounds"
}
