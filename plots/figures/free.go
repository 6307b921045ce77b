package figures

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/caption"
	"github.com/powbench/powbench/plots/draw"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/look"
	"github.com/powbench/powbench/plots/stat"
)

// A Choice is a figure of one's own: any number of points against any other.
type Choice struct {
	Name       string   // of its files, such as "free"
	Title      string   // empty for what it shows
	X, Y       string   // numbers by their names in points.jsonl, such as clients or latency_ms.mean
	Facet      string   // the condition that there is a panel for each value of; empty for the operation
	LogX, LogY bool     // the axis is logarithmic
	Select     []string // conditions to keep, such as t=1; all of them must hold
	Peaks      bool     // only the number of clients with the highest throughput of each series
}

// ofOwn makes the pages of experiments that name no figure: latency against throughput, if numbers of clients differ, and the peak
// against whatever else does.
func ofOwn(cells []frame.Cell) (pages []*draw.Page, err error) {
	cells = frame.Keep(cells, func(c frame.Cell) bool { return c.Figure == "" && frame.IsClosed(c) && len(c.Valid) > 0 })
	for _, experiment := range frame.Each(cells, experimentOf) {
		mine := frame.Keep(cells, func(c frame.Cell) bool { return experimentOf(c) == experiment })
		for _, choice := range ownChoices(fileName(experiment), mine) {
			p, err := choice.draw(mine)
			if err != nil {
				return nil, fmt.Errorf("figure %s: %w", choice.Name, err)
			}
			pages = append(pages, p)
		}
	}
	return pages, nil
}

// fileName is the text with what is not safe in a file's name replaced.
func fileName(text string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", r) {
			return r
		}
		return '-'
	}, text)
}

func experimentOf(c frame.Cell) string { return c.All()[0].Experiment }

// ownChoices are the figures that an experiment's measurements make.
func ownChoices(experiment string, cells []frame.Cell) (all []Choice) {
	title := cmp.Or(cells[0].Set.Manifest.Title, experimentOf(cells[0]))
	if len(frame.Distinct(cells, func(c frame.Cell) int { return c.Clients })) > 1 {
		all = append(all, Choice{Name: experiment + "-latency", Title: title, X: "throughput_MBps", Y: "latency_ms.mean"})
	}
	for _, along := range []string{"t", "value_bytes"} {
		c, _ := conditionOf(along)
		if len(frame.Distinct(cells, c.of)) > 1 {
			all = append(all, Choice{
				Name: experiment + "-peak-" + along, Title: title, X: along, Y: "throughput_MBps", LogX: along == "value_bytes", Peaks: true,
			})
		}
	}
	if len(all) == 0 {
		all = append(all, Choice{Name: experiment + "-latency", Title: title, X: "throughput_MBps", Y: "latency_ms.mean"})
	}
	return all
}

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
	{"value_bytes", func(c frame.Cell) string { return strconv.Itoa(c.ValueBytes) }, func(c frame.Cell) string { return frame.ValueSize(c) }},
	{"suite", func(c frame.Cell) string { return c.Suite }, func(c frame.Cell) string { return c.Suite + " suite" }},
	{"durability", func(c frame.Cell) string { return c.Durability }, func(c frame.Cell) string { return c.Durability }},
	{"clients", func(c frame.Cell) string { return strconv.Itoa(c.Clients) }, func(c frame.Cell) string { return frame.Clients(c) }},
	{"rate", func(c frame.Cell) string { return fmt.Sprint(c.Rate) }, func(c frame.Cell) string { return fmt.Sprintf("%g/s", c.Rate) }},
	{"slow_server", func(c frame.Cell) string { return slowServer(c) }, func(c frame.Cell) string { return "slow server: " + slowServer(c) }},
	{"owed", func(c frame.Cell) string { return cmp.Or(c.Owed, result.Waited) }, func(c frame.Cell) string { return "owed: " + cmp.Or(c.Owed, result.Waited) }},
	{"experiment", experimentOf, experimentOf},
}

func slowServer(c frame.Cell) string {
	if c.SlowServer == 0 {
		return "none"
	}
	return c.SlowServer.String()
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

// Free is the page of a choice. It refuses fields and conditions that there are not, and what does not belong together.
func Free(sets []*result.Set, choice Choice) (*draw.Page, error) {
	for _, field := range []string{choice.X, choice.Y} {
		if err := checkField(field); err != nil {
			return nil, err
		}
	}
	cells, err := frame.Cells(sets)
	if err != nil {
		return nil, err
	}
	return choice.draw(cells)
}

// draw makes the page of the choice among the cells.
func (choice Choice) draw(cells []frame.Cell) (_ *draw.Page, err error) {
	if cells, err = selected(cells, choice.Select); err != nil {
		return nil, err
	}
	if choice.Peaks {
		cells = frame.Peaks(cells)
	}
	if len(cells) == 0 {
		return nil, errors.New("no measurement is selected")
	}
	facet, err := conditionOf(cmp.Or(choice.Facet, "op"))
	if err != nil {
		return nil, err
	}
	if err := frame.Same(nil, cells); err != nil {
		return nil, err
	}
	return choice.page(cells, facet), nil
}

// checkField refuses what is no number of a point, and says which is meant.
func checkField(name string) error {
	known := frame.Numbers(result.Point{})
	if _, is := known[name]; is {
		return nil
	}
	return fmt.Errorf("%q is no number of a point: these are %s", name, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
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

// page lays out a panel for each value of the facet, two side by side.
func (choice Choice) page(cells []frame.Cell, facet condition) *draw.Page {
	series := choice.series(cells, facet)
	c := caption.OfPoints("", nil, cells)
	p := &draw.Page{
		Name: choice.Name, Heading: cmp.Or(choice.Title, choice.Y+" against "+choice.X), RowHeight: draw.PanelHeight,
		Loud: c.Loud, Lines: c.Lines,
	}
	var panels []*draw.Panel
	var titles []string
	for _, value := range frame.Each(cells, facet.of) {
		own := frame.Keep(cells, func(c frame.Cell) bool { return facet.of(c) == value })
		panels, titles = append(panels, choice.panel(own, cells, series)), append(titles, facet.label(own[0]))
	}
	if !choice.LogX && !choice.LogY {
		draw.Align(panels)
	}
	if len(panels) <= 2 {
		p.Titles = titles
	} else { // titles stand above the first row alone
		for i, panel := range panels {
			panel.X.Label.Text += " (" + titles[i] + ")"
		}
	}
	for row := range slices.Chunk(panels, 2) {
		for len(row) < min(2, len(panels)) { // rows are equally long
			row = append(row, draw.NewPlot())
		}
		p.Rows = append(p.Rows, row)
	}
	for i, s := range series.names {
		p.Legend = append(p.Legend, draw.Entry{Name: s, Sample: draw.CurveSample(look.Of(s, i+1))})
	}
	return p
}

// curveNames tells curves apart: by the conditions that differ and that neither an axis nor a panel stands for.
type curveNames struct {
	of    func(frame.Cell) string
	names []string
}

func (choice Choice) series(cells []frame.Cell, facet condition) curveNames {
	along := choice.X
	if _, err := conditionOf(along); err != nil { // then the curve leads through numbers of clients, or rates
		along = "clients"
		if slices.ContainsFunc(cells, frame.IsOpen) {
			along = "rate"
		}
	}
	var differ []condition
	for _, c := range conditions {
		if c.name != facet.name && c.name != along && !(choice.Peaks && c.name == "clients") && len(frame.Distinct(cells, c.of)) > 1 {
			differ = append(differ, c)
		}
	}
	s := curveNames{of: func(c frame.Cell) string {
		var parts []string
		for _, d := range differ {
			parts = append(parts, d.label(c))
		}
		return cmp.Or(strings.Join(parts, ", "), c.System.Plain().Name())
	}}
	s.names = frame.Each(cells, s.of)
	return s
}

// panel is a curve for each series, along growing x.
func (choice Choice) panel(cells, all []frame.Cell, series curveNames) *draw.Panel {
	p := draw.NewPlot()
	p.X.Label.Text, p.Y.Label.Text = choice.X, choice.Y
	x, y := numberOf(choice.X, choice.LogX), numberOf(choice.Y, choice.LogY)
	for i, name := range series.names {
		l := draw.Curve{Look: look.Of(name, i+1)}
		for _, c := range frame.Keep(cells, func(c frame.Cell) bool { return series.of(c) == name }) {
			if dot := (draw.Dot{X: estimated(c, x), Y: estimated(c, y)}); dot.X.Known() {
				l.Dots = append(l.Dots, dot)
			}
		}
		if conditionAxis(choice.X) || choice.Peaks {
			slices.SortStableFunc(l.Dots, func(a, b draw.Dot) int { return cmp.Compare(a.X.Mean, b.X.Mean) })
		}
		p.Add(l)
	}
	values := func(field string) (values []float64) {
		of := numberOf(field, false)
		for _, c := range all {
			if e := estimated(c, of); e.Known() {
				values = append(values, e.Low(), e.Mean, e.High())
			}
		}
		return values
	}
	if choice.LogX {
		p.LogX(scaled(values(choice.X)), 1, micro)
	}
	if choice.LogY {
		p.LogY(scaled(values(choice.Y)), 1, micro)
	}
	return p
}

// conditionAxis reports whether the field is one that was set.
func conditionAxis(field string) bool { return slices.Contains(conditionNames(), field) }

// numberOf is the field of a point, or what logCurves makes of it.
func numberOf(field string, log bool) func(result.Point) float64 {
	return func(p result.Point) float64 {
		x := frame.Numbers(p)[field]
		if log {
			return micro + math.Log10(x)
		}
		return x
	}
}

// estimated is the cell's estimate; unknown where a repetition has no such number, or none that has a logarithm.
func estimated(c frame.Cell, of func(result.Point) float64) stat.Estimate {
	for _, v := range c.Values(of) {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return stat.Estimate{}
		}
	}
	return c.Estimate(of)
}

// scaled is the values in the units of a logarithmic axis that is shifted by micro.
func scaled(values []float64) []float64 {
	for i := range values {
		values[i] *= math.Pow10(micro)
	}
	return values
}
