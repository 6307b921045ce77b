package query

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
)

// A function of the language.
type function struct {
	name  string
	usage string // as error messages show it
	types []any  // pointers to function types: its forms
	call  func(r *Results, args []any) (any, error)
}

type (
	selected = map[string]any
	ofSeries = func(figure, protocol, op string) Quantity
	ofPoints = func(figure, protocol, op string, options selected) Quantity
	ofField  = func(field, figure, protocol, op string) Quantity
	ofFields = func(field, figure, protocol, op string, options selected) Quantity
)

// functions is everything that an expression may ask of results. FIGURE is a figure's name, PROTOCOL a name such as
// "mabd" or "mpowerstore+hedged", OP "read" or "write", FIELD a number of points.jsonl, and OPTIONS a map with some of t,
// KiB, clients, suite and durability. A figure's links and delays are those of its runs, FIELDs "link.up_mbps" and the like.
// SCHEME is a row of Table 1, such as "rsa-2048", OPERATION "construct" or "verify".
var functions = []function{
	{"peak", "peak(FIGURE, PROTOCOL, OP, {OPTIONS})", []any{new(ofSeries), new(ofPoints)}, peak},
	{"latency", "latency(FIGURE, PROTOCOL, OP, {OPTIONS})", []any{new(ofSeries), new(ofPoints)}, latency},
	{"mean", "mean(FIELD, FIGURE, PROTOCOL, OP, {OPTIONS})", []any{new(ofField), new(ofFields)}, mean},
	{"rounds", "rounds(FIGURE, PROTOCOL, OP, {OPTIONS})", []any{new(ofSeries), new(ofPoints)}, rounds},
	{"dataRounds", "dataRounds(FIGURE, PROTOCOL, OP, {OPTIONS})", []any{new(ofSeries), new(ofPoints)}, dataRounds},
	{"highest", "highest(FIELD, FIGURE)", []any{new(func(field, figure string) Quantity)}, highest},
	{"lowest", "lowest(FIELD, FIGURE)", []any{new(func(field, figure string) Quantity)}, lowest},
	{"most", "most(QUANTITY, …)", []any{new(func(...Quantity) Quantity)}, largest},
	{"least", "least(QUANTITY, …)", []any{new(func(...Quantity) Quantity)}, smallest},
	{"unverified", "unverified(FIGURE)", []any{new(func(figure string) Quantity)}, unverified},
	{"harms", "harms(PROTOCOL, ATTACK)", []any{new(func(protocol, attack string) Quantity)}, harms},
	{"attackedData", "attackedData(PROTOCOL, ATTACK, OP)", []any{new(func(protocol, attack, op string) Quantity)}, attackedData},
	{"attacked", "attacked(PROTOCOL, ATTACK, OP)", []any{new(func(protocol, attack, op string) Quantity)}, attacked},
	{"cost", "cost(SCHEME, OPERATION, T)", []any{new(func(scheme, operation string, t int) Quantity)}, cost},
	{
		"multiplications", "multiplications(SCHEME, OPERATION, T)",
		[]any{new(func(scheme, operation string, t int) Quantity)},
		multiplications,
	},
	{"simulated", "simulated(WHAT)", []any{new(func(what string) Quantity)}, simulated},
	{"simulatedHarms", "simulatedHarms(PROTOCOL, ATTACK)", []any{new(func(protocol, attack string) Quantity)}, simulatedHarms},
	{
		"simulatedShare", "simulatedShare(PROTOCOL, ATTACK, HARM)",
		[]any{new(func(protocol, attack, harm string) Quantity)},
		simulatedShare,
	},
	{
		"simulatedRounds", "simulatedRounds(PROTOCOL, ATTACK, ROUNDS)",
		[]any{new(func(protocol, attack string, rounds int) Quantity)},
		simulatedRounds,
	},
	{"printed", `printed("1.5")`, []any{new(func(text string) float64)}, printed},
	{"low", "low(QUANTITY)", []any{new(func(Quantity) Quantity)}, part(func(i Interval) float64 { return i.Low })},
	{"high", "high(QUANTITY)", []any{new(func(Quantity) Quantity)}, part(func(i Interval) float64 { return i.High })},
}

// peak is the peak throughput in MB/s.
func peak(r *Results, args []any) (any, error) {
	return mean(r, append([]any{"throughput_MBps"}, args...))
}

// latency is the mean latency in ms.
func latency(r *Results, args []any) (any, error) {
	return mean(r, append([]any{"latency_ms.mean"}, args...))
}

// mean is a field at the given number of clients, or at the peak.
func mean(r *Results, args []any) (any, error) {
	of, err := fieldOf(args[0].(string), pointFields)
	if err != nil {
		return nil, err
	}
	s, err := newSelection(args[1:])
	if err != nil {
		return nil, err
	}
	c := r.cell(s)
	if len(c.Valid) == 0 {
		return missing(s.String()), nil
	}
	q := Quantity{samples: map[int]float64{}, scale: 1, Points: []string{ID(c.Valid[0])}}
	for _, p := range c.Valid {
		x, there := of(p)
		if !there {
			return missing(args[0].(string) + " of " + s.String()), nil
		}
		q.samples[p.Repetition] = x
	}
	return q, nil
}

// unverified is the number of points of a figure, valid or not, whose history was not found linearizable.
func unverified(r *Results, args []any) (any, error) {
	cells, err := r.figure(args[0].(string))
	q := missing("points of figure " + args[0].(string))
	for _, c := range cells {
		for _, p := range c.All() {
			if !q.Known() {
				q = Exact(0)
			}
			if p.Linearizable.Code != result.Linearizable {
				q.shift++
			}
			q.Points = join(q.Points, []string{ID(p)})
		}
	}
	return q, err
}

func (r *Results) figure(name string) ([]frame.Cell, error) {
	var all []frame.Cell
	for _, c := range r.cells {
		if c.Figure == name {
			all = append(all, c)
		}
	}
	return all, oneOf("figure", name, frame.Figures())
}

// printed is the least number that is printed as the text: what a paper means that prints "1.5" is at least 1.45.
func printed(_ *Results, args []any) (any, error) {
	text := args[0].(string)
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, fmt.Errorf("printed(%q): not a number", text)
	}
	_, decimals, _ := strings.Cut(text, ".")
	unit := 1.0
	for range decimals {
		unit /= 10
	}
	return x - unit/2, nil
}

// part is a function that gives a part of a quantity's interval.
func part(of func(Interval) float64) func(r *Results, args []any) (any, error) {
	return func(_ *Results, args []any) (any, error) {
		q := args[0].(Quantity)
		if !q.Known() {
			return q, nil
		}
		i := q.Interval()
		if !i.Bounded() {
			return nil, errors.New("low and high need an interval, which takes two repetitions")
		}
		e := Exact(of(i))
		e.Points = q.Points
		return e, nil
	}
}
