package figures

import (
	"fmt"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"github.com/powbench/powbench/plots/caption"
	"github.com/powbench/powbench/plots/draw"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/look"
	"github.com/powbench/powbench/plots/profiles"
	"github.com/powbench/powbench/plots/stat"
)

const profileNote = "Shares of the CPU profiles' samples in the window, over all processes and valid runs; behind the bars the CPU " +
	"time of an operation in all processes of the side. At the number of clients with the highest throughput. A sample counts for the " +
	"innermost function that is in a class. The table of the summary has every number, and what is in no class."

// ofProfiles is the page that says what the processor's time is spent on, if the points were profiled: a bar for each system,
// operation and durability, servers and clients apart.
func ofProfiles(cells []frame.Cell) ([]*draw.Page, error) {
	var peaks []frame.Cell
	for _, figure := range frame.Distinct(cells, func(c frame.Cell) string { return c.Figure }) {
		peaks = append(peaks, frame.Peaks(frame.Keep(cells, func(c frame.Cell) bool { return c.Figure == figure }))...)
	}
	spent, err := profiles.Of(peaks)
	if len(spent) == 0 || err != nil {
		return nil, err
	}
	shown := frame.Each(spent, func(s profiles.Spent) frame.Key { return s.Cell.Key })
	peaks = frame.Keep(peaks, func(c frame.Cell) bool { return slices.Contains(shown, c.Key) })
	names, fixed := stackNames(peaks)
	if err := frame.Same(fixed, peaks); err != nil {
		return nil, fmt.Errorf("figure profile: %w", err)
	}
	c := caption.OfPoints(profileNote, fixed, peaks)
	p := &draw.Page{
		Name: "profile", Heading: "Where the processor's time goes", Rows: make([][]*draw.Panel, 1),
		RowHeight: 14*vg.Millimeter + 5*vg.Millimeter*vg.Length(len(peaks)), Loud: c.Loud, Lines: c.Lines,
	}
	p.Gutter = draw.Stacks(names).Gutter()
	for i, side := range profiles.Sides {
		p.Titles = append(p.Titles, side.Name)
		p.Rows[0] = append(p.Rows[0], stackPanel(names, peaks, side, spent, i == 0))
	}
	for _, class := range profiles.Classes() {
		if slices.ContainsFunc(spent, func(s profiles.Spent) bool { return s.Classes[class] > 0 }) {
			p.Legend = append(p.Legend, draw.Entry{Name: class, Sample: draw.BarSample(look.OfClass(class))})
		}
	}
	return []*draw.Page{p}, nil
}

// stackDims are what may tell bars apart beside the system and the operation: as captions, if at all, and as names of bars have it.
var stackDims = []struct {
	dim  frame.Dim[frame.Cell]
	name func(frame.Cell) string
}{
	{func(c frame.Cell) string { return "durability " + c.Durability }, func(c frame.Cell) string { return c.Durability }},
	{func(c frame.Cell) string { return "suite " + c.Suite }, func(c frame.Cell) string { return c.Suite }},
	{frame.ValueSize, func(c frame.Cell) string { return frame.SizeName(c.Series) }},
	{frame.Threshold, func(c frame.Cell) string { return frame.Threshold(c) }},
	{nil, func(c frame.Cell) string { return stat.OrDash(c.Figure) }},
}

// stackNames are stacks that have nothing but their names: the system, the operation and whatever tells them apart; and
// what they share.
func stackNames(cells []frame.Cell) (names []draw.Stack, shared []frame.Dim[frame.Cell]) {
	for _, c := range cells {
		names = append(names, draw.Stack{Label: c.System.Plain().Name() + " " + stat.OpName(c.Op)})
	}
	for _, d := range stackDims {
		if len(frame.Distinct(cells, d.name)) == 1 {
			if d.dim != nil {
				shared = append(shared, d.dim)
			}
			continue
		}
		for i, c := range cells {
			names[i].Label += ", " + d.name(c)
		}
	}
	return names, shared
}

// stackPanel is a bar for each cell. Only the first panel names them.
func stackPanel(names []draw.Stack, cells []frame.Cell, side profiles.Side, spent []profiles.Spent, first bool) *draw.Panel {
	p := draw.NewStripPlot()
	p.X.Label.Text = "Share of CPU time (%)"
	var ticks plot.ConstantTicks
	for _, share := range []float64{0, 25, 50, 75, 100} {
		ticks = append(ticks, plot.Tick{Value: share, Label: strconv.Itoa(int(share))})
	}
	p.X.Tick.Marker = ticks
	stacks := slices.Clone(names)
	for i, c := range cells {
		if !first {
			stacks[i].Label = ""
		}
		for _, s := range spent {
			if s.Cell.Key != c.Key || s.Side.Name != side.Name {
				continue
			}
			stacks[i].Behind = stat.Digits(s.Milliseconds()) + " ms"
			for _, class := range profiles.Classes() {
				stacks[i].Parts = append(stacks[i].Parts, draw.Part{Look: look.OfClass(class), Length: 100 * s.Share(class)})
			}
		}
	}
	p.Add(draw.Stacks(stacks))
	return p
}
