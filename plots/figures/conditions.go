package figures

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/stat"
)

// A condition is what may differ between measurements and was set, not measured.
type condition struct {
	name  string
	of    func(frame.Cell) string
	label func(frame.Cell) string // in a legend, or above a panel
}

// conditions are all of them.
var conditions = []condition{
	{"protocol", func(c frame.Cell) string { return c.FullName() }, func(c frame.Cell) string { return c.System.Plain().Name() }},
	{"op", func(c frame.Cell) string { return c.Op }, func(c frame.Cell) string { return stat.OpName(c.Op) }},
	{"t", func(c frame.Cell) string { return strconv.Itoa(c.T) }, func(c frame.Cell) string { return frame.Threshold(c) }},
	{"value_bytes", sizeOf, func(c frame.Cell) string { return frame.ValueSize(c) }},
	{"suite", func(c frame.Cell) string { return c.Suite }, func(c frame.Cell) string { return c.Suite + " suite" }},
	{"durability", func(c frame.Cell) string { return c.Durability }, func(c frame.Cell) string { return c.Durability }},
	{"clients", func(c frame.Cell) string { return strconv.Itoa(c.Clients) }, func(c frame.Cell) string { return frame.Clients(c) }},
	{"rate", func(c frame.Cell) string { return fmt.Sprint(c.Rate) }, func(c frame.Cell) string { return fmt.Sprintf("%g/s", c.Rate) }},
	{"slow_server", frame.SlowServerOf, func(c frame.Cell) string { return "slow server: " + frame.SlowServerOf(c) }},
	{"owed", func(c frame.Cell) string { return cmp.Or(c.Owed, result.Waited) }, func(c frame.Cell) string { return "owed: " + cmp.Or(c.Owed, result.Waited) }},
	{"auth", frame.AuthOf, func(c frame.Cell) string { return "auth: " + frame.AuthOf(c) }},
	{"attack", frame.AttackOf, func(c frame.Cell) string { return "attack: " + frame.AttackOf(c) }},
	{"record", func(c frame.Cell) string { return cmp.Or(c.Record, result.Everything) }, func(c frame.Cell) string { return "recorded: " + cmp.Or(c.Record, result.Everything) }},
	{"experiment", experimentOf, experimentOf},
}

// sizeOf is the size of values in bytes, or the distribution that sizes are drawn from.
func sizeOf(c frame.Cell) string {
	if c.Sizes.Asked() {
		return c.Series.Size()
	}
	return strconv.Itoa(c.ValueBytes)
}

func conditionNames() (names []string) {
	for _, c := range conditions {
		names = append(names, c.name)
	}
	return names
}

func conditionOf(name string) (condition, error) {
	if i := slices.Index(conditionNames(), name); i >= 0 {
		return conditions[i], nil
	}
	return condition{}, fmt.Errorf("%q is no condition of a measurement: these are %s", name, strings.Join(conditionNames(), ", "))
}

// selected is the cells that fulfil all conditions.
func selected(cells []frame.Cell, wanted []string) ([]frame.Cell, error) {
	for _, w := range wanted {
		name, value, ok := strings.Cut(w, "=")
		if !ok {
			return nil, fmt.Errorf("%q selects nothing: write it as in t=1", w)
		}
		c, err := conditionOf(name)
		if err != nil {
			return nil, err
		}
		there := frame.Distinct(cells, c.of)
		if !slices.Contains(there, value) {
			return nil, fmt.Errorf("%s: no measurement has it: there are %s", w, strings.Join(there, ", "))
		}
		cells = frame.Keep(cells, func(x frame.Cell) bool { return c.of(x) == value })
	}
	return cells, nil
}

// conditionAxis reports whether the field is one that was set.
func conditionAxis(field string) bool { return slices.Contains(conditionNames(), field) }
