package query

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/look"
)

// Results is what expressions are evaluated over. The zero Results has nothing: whatever an expression asks for is
// missing, but what it may not ask for is an error all the same.
type Results struct {
	cells     []frame.Cell
	sets      []*result.Set
	simulated []result.Simulated
}

// New gathers what was measured in runs and attacks, and what came of simulated schedules. It refuses points that do not
// belong together, as plots.Cells does, and what was tried twice.
func New(sets []*result.Set, simulated ...result.Simulated) (*Results, error) {
	cells, err := frame.Cells(sets)
	if err != nil {
		return nil, err
	}
	if err := twice(sets); err != nil {
		return nil, err
	}
	return &Results{cells, sets, simulated}, nil
}

// twice refuses a trial, and a repetition of a cost, that two sets have.
func twice(sets []*result.Set) error {
	places := map[string]string{}
	claim := func(id string, s *result.Set) error {
		if first, again := places[id]; again {
			return fmt.Errorf("%s is in %s and in %s: give only one of the two", id, first, s.Dir)
		}
		places[id] = s.Dir
		return nil
	}
	for _, s := range sets {
		for _, t := range s.Trials {
			if err := claim(TrialID(t), s); err != nil {
				return err
			}
		}
		for _, c := range s.Costs {
			if !c.Valid {
				continue
			}
			if err := claim(fmt.Sprintf("%s, repetition %d,", CostID(c), c.Repetition), s); err != nil {
				return err
			}
		}
	}
	return nil
}

// A selection is the points that an expression names.
type selection struct {
	figure, protocol, variant, op string
	t, kib, clients               int     // clients 0: the peak, unless there is a rate
	rate                          float64 // of an open loop; 0: a closed one
	suite, durability             string
}

// selectable are the options of a selection. What an expression leaves out is as in the paper's Table 2 and in
// experiments: t = 1, 256 KiB, suite paper, durability write.
var selectable = map[string]func(s *selection, x any) bool{
	"t":          func(s *selection, x any) bool { return set(&s.t, x) && s.t > 0 },
	"KiB":        func(s *selection, x any) bool { return set(&s.kib, x) && s.kib > 0 },
	"clients":    func(s *selection, x any) bool { return set(&s.clients, x) && s.clients > 0 },
	"rate":       func(s *selection, x any) bool { return setNumber(&s.rate, x) && s.rate > 0 },
	"suite":      func(s *selection, x any) bool { return set(&s.suite, x) },
	"durability": func(s *selection, x any) bool { return set(&s.durability, x) },
}

func set[T any](to *T, x any) (ok bool) {
	*to, ok = x.(T)
	return ok
}

// setNumber takes 100 as well as 12.5.
func setNumber(to *float64, x any) bool {
	if n, ok := x.(int); ok {
		x = float64(n)
	}
	return set(to, x)
}

// newSelection reads what stands in an expression: figure, protocol, operation and perhaps options.
func newSelection(args []any) (selection, error) {
	s := selection{figure: args[0].(string), op: args[2].(string), t: 1, kib: 256, suite: result.Paper, durability: result.UsualDurability}
	var err error
	if s.protocol, s.variant, err = protocolOf(args[1].(string)); err != nil {
		return s, err
	}
	if err := cmp.Or(oneOf("figure", s.figure, frame.Figures()), oneOf("operation", s.op, ops)); err != nil {
		return s, err
	}
	if len(args) > 3 {
		for name, x := range args[3].(map[string]any) {
			if set, ok := selectable[name]; !ok {
				return s, fmt.Errorf("unknown option %q: it is %s", name, options(selectable))
			} else if !set(&s, x) {
				return s, fmt.Errorf("option %s cannot be %v", name, x)
			}
		}
	}
	return s, nil
}

var ops = []string{result.OpRead, result.OpWrite}

// protocolOf is a protocol and its variant, as results name them: "mpowerstore+hedged" is mpowerstore and hedged.
func protocolOf(name string) (protocol, variant string, err error) {
	protocol, variant = result.SplitName(name)
	return protocol, variant, oneOf("protocol", protocol, look.Protocols())
}

func oneOf(what, name string, known []string) error {
	if slices.Contains(known, name) {
		return nil
	}
	return fmt.Errorf("unknown %s %q: it is %s", what, name, list(known))
}

func options[V any](m map[string]V) string { return list(slices.Sorted(maps.Keys(m))) }

func list(names []string) string { return strings.Join(names, ", ") }

// cell is the one selected: with the given number of clients or rate, or the peak. It has no point if it was not measured.
func (r *Results) cell(s selection) frame.Cell {
	cells := r.series(s)
	if s.clients == 0 && s.rate == 0 {
		cells = frame.Peaks(cells)
	}
	i := slices.IndexFunc(cells, func(c frame.Cell) bool { return s.clients == 0 || c.Clients == s.clients })
	if i < 0 {
		return frame.Cell{}
	}
	return cells[i]
}

// series is the cells that differ from what is selected at most in the number of clients.
func (r *Results) series(s selection) []frame.Cell {
	var all []frame.Cell
	for _, c := range r.cells {
		k := frame.Key{
			Figure: s.figure,
			Series: result.Series{
				Protocol: s.protocol, Variant: s.variant, Suite: s.suite, Durability: s.durability, Op: s.op, T: s.t,
				ValueBytes: s.kib << 10,
			},
			Load: result.Load{Clients: c.Clients, Arrival: c.Arrival, Rate: s.rate},
		}
		if c.Key == k {
			all = append(all, c)
		}
	}
	return all
}

// String names the selection where it is missing.
func (s selection) String() string {
	text := fmt.Sprintf("%s/%s/%s/t%d/%dKiB", s.figure, name(s.protocol, s.variant), s.op, s.t, s.kib)
	if s.clients > 0 {
		text += fmt.Sprintf("/c%d", s.clients)
	}
	if s.rate > 0 {
		text += fmt.Sprintf("/r%g", s.rate)
	}
	return text + "/" + s.suite + "/" + s.durability
}

// ID names the point of which p is a repetition, as in "fig2b/mpowerstore/read/t1/256KiB/c8/paper/write"; in an open
// loop the rate stands behind the clients, as in "c6/r100".
func ID(p result.Point) string {
	size := fmt.Sprintf("%dB", p.ValueBytes)
	if p.ValueBytes%1024 == 0 {
		size = fmt.Sprintf("%dKiB", p.ValueBytes/1024)
	}
	load := fmt.Sprintf("c%d", p.Clients)
	if p.Open() {
		load += fmt.Sprintf("/r%g", p.Rate)
	}
	return fmt.Sprintf("%s/%s/%s/t%d/%s/%s/%s/%s",
		p.Experiment, name(p.Protocol, p.Variant), p.Op, p.T, size, load, p.Suite, p.Durability)
}

// TrialID names a trial, as in "attack/mpowerstore/B6".
func TrialID(t result.Trial) string { return "attack/" + t.Protocol + "/" + t.Attack }

func name(protocol, variant string) string {
	if variant == "paper" {
		return protocol
	}
	return protocol + "+" + variant
}
