package plots

import (
	"fmt"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/figures"
	"github.com/powbench/powbench/plots/frame"
)

// A figure of one's own has a curve for each protocol, a panel for each operation, and the estimates of the cells.
func TestFreeFigure(t *testing.T) {
	s := syntheticFigure("2a", 3)
	p, err := figures.Free([]*result.Set{s}, figures.Choice{Name: "free", X: "clients", Y: "latency_ms.mean"})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Rows) != 1 || len(p.Rows[0]) != 2 || strings.Join(p.Titles, " ") != "READ WRITE" || len(p.Legend) != len(paperProtocols) {
		t.Fatalf("%d rows, titles %v, %d entries", len(p.Rows), p.Titles, len(p.Legend))
	}
	series := p.Rows[0][0].Series()
	if len(series) != len(paperProtocols) || len(series[0].Dots) != len(clientCounts) {
		t.Fatalf("%d curves", len(series))
	}
	cells, err := frame.PointsOf(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, of := range series {
		for i, dot := range of.Dots {
			c := frame.Find(cells, func(c frame.Cell) bool {
				return c.System.Title == of.Title && c.Op == "read" && c.Clients == clientCounts[i]
			})
			if dot.X.Mean != float64(clientCounts[i]) || dot.Y != c.Latency() {
				t.Errorf("%s: dot %d is %v, want %v of %d clients", of.Title, i, dot, c.Latency(), clientCounts[i])
			}
		}
	}
	// What is selected, faceted and logarithmic; numbers on the axes are the same.
	p, err = figures.Free([]*result.Set{s}, figures.Choice{
		X: "throughput_MBps", Y: "latency_ms.mean", Facet: "protocol", Select: []string{"op=write"}, LogX: true, LogY: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	panel := p.Rows[0][0]
	dot := panel.Series()[0].Dots[0]
	x, y := panel.XLog.Number(dot.X.Mean), panel.YLog.Number(dot.Y.Mean)
	if c := cells[len(cells)-1]; x <= 0 || y <= 0 || x > 200 || y > 1e5 || c.Op != "write" {
		t.Errorf("the first dot is at %v MB/s and %v ms", x, y)
	}
	if len(p.Rows) != 2 || len(p.Rows[1]) != 2 {
		t.Errorf("three protocols make %d rows of panels", len(p.Rows))
	}
	if _, err := DrawFree([]*result.Set{s}, figures.Choice{Name: "own", X: "t", Y: "throughput_MBps", Peaks: true}, t.TempDir(), 0); err != nil {
		t.Error(err)
	}
}

// Axes have names that people read, and ticks that fit what is on them; a row of panels is filled up with nothing.
func TestFreeFigureIsReadable(t *testing.T) {
	s := syntheticFigure("2b", 3)
	p, err := figures.Free([]*result.Set{s}, figures.Choice{
		X: "t", Y: "latency_ms.mean", Facet: "protocol", Peaks: true, LogY: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	panel, blank := p.Rows[0][0], p.Rows[1][1]
	if panel.X.Label.Text != "Failure threshold t" || panel.Y.Label.Text != "Mean latency (ms)" || panel.Title.Text != "M-PoWerStore" {
		t.Errorf("%q against %q, of %q", panel.Y.Label.Text, panel.X.Label.Text, panel.Title.Text)
	}
	if !blank.Blank || len(blank.X.Tick.Marker.Ticks(0, 1)) > 0 || len(blank.Series()) > 0 {
		t.Error("there are axes where there is no panel")
	}
	for _, tick := range panel.X.Tick.Marker.Ticks(panel.X.Min, panel.X.Max) {
		if strings.Contains(tick.Label, ".") {
			t.Errorf("a tick at t = %s", tick.Label)
		}
	}
	if last := panel.Series()[0].Dots[2].X.Mean; panel.X.Max <= last {
		t.Errorf("the axis ends at %v, the last dot is at %v", panel.X.Max, last)
	}
	sizes, err := figures.Free([]*result.Set{syntheticFigure("2c", 3)}, figures.Choice{X: "value_bytes", Y: "ops", Peaks: true, LogX: true})
	if err != nil {
		t.Fatal(err)
	}
	panel = sizes.Rows[0][0]
	var labels []string
	for _, tick := range panel.X.Tick.Marker.Ticks(panel.X.Min, panel.X.Max) {
		labels = append(labels, tick.Label)
	}
	if strings.Join(labels, " ") != "64K 128K 256K 512K 1M" || panel.X.Label.Text != "Value (bytes)" {
		t.Errorf("ticks %v on %q", labels, panel.X.Label.Text)
	}
}

// A curve has its protocol's colour whatever is selected, and what else differs is told by markers, each in the legend once.
func TestFreeFigureLooks(t *testing.T) {
	s := syntheticFigure("2c", 3)
	alone, err := figures.Free([]*result.Set{s}, figures.Choice{X: "value_bytes", Y: "ops", Select: []string{"protocol=mabd"}})
	if err != nil {
		t.Fatal(err)
	}
	all, err := figures.Free([]*result.Set{s}, figures.Choice{X: "throughput_MBps", Y: "latency_ms.mean"})
	if err != nil {
		t.Fatal(err)
	}
	const sizes = 5
	curves := all.Rows[0][0].Series()
	if len(curves) != sizes*len(paperProtocols) || len(all.Legend) != sizes+len(paperProtocols) {
		t.Errorf("%d curves, %d entries", len(curves), len(all.Legend))
	}
	looks := map[string]bool{}
	for _, c := range curves {
		if strings.HasPrefix(c.Title, "M-ABD") && c.Color != alone.Rows[0][0].Series()[0].Color {
			t.Errorf("%s has another colour than M-ABD alone", c.Title)
		}
		r, g, b, _ := c.Color.RGBA()
		looks[fmt.Sprint(r, g, b, c.MarkName())] = true
	}
	if len(looks) != len(curves) {
		t.Errorf("%d looks of %d curves", len(looks), len(curves))
	}
}

func TestFreeFigureRefuses(t *testing.T) {
	s := syntheticFigure("2a", 1)
	for want, choice := range map[string]figures.Choice{
		`"latency" is no number of a point: these are `:                     {X: "clients", Y: "latency"},
		`"colour" is no condition of a measurement: these are protocol, op`: {X: "t", Y: "ops", Facet: "colour"},
		`t=9: no measurement has it: there are 1`:                           {X: "t", Y: "ops", Select: []string{"t=9"}},
		`no measurement has clients and rate: the `:                         {X: "clients", Y: "rate", LogY: true},
		`"t" selects nothing: write it as in t=1`:                           {X: "t", Y: "ops", Select: []string{"t"}},
	} {
		if _, err := figures.Free([]*result.Set{s}, choice); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", choice, err, want)
		}
	}
}
