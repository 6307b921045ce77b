package draw

import (
	"image/color"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Sizes of text on the page, which is printed at about half its size.
const (
	titleSize   = vg.Length(12)
	labelSize   = vg.Length(11.5)
	tickSize    = vg.Length(10.5)
	captionSize = vg.Length(8.5)
	axisWidth   = vg.Length(0.7)
)

// sans is text of the size in the figures' one font.
func sans(size vg.Length) text.Style {
	return text.Style{
		Color:   color.Black,
		Font:    font.Font{Typeface: "Liberation", Variant: "Sans", Size: size},
		Handler: plot.DefaultTextHandler,
	}
}

// NewPlot is an empty panel with faint horizontal lines, its fonts, and axes that begin at 0.
func NewPlot() *plot.Plot { return NewPanel(gridlines{}) }

// NewPanel is newPlot with those lines.
func NewPanel(grid plot.Plotter) *plot.Plot {
	p := plot.New()
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Label.TextStyle.Font = sans(labelSize).Font
		a.Label.Padding = 3
		a.Tick.Label.Font = sans(tickSize).Font
		a.Tick.Length = 3
		a.Padding = 0
		a.Width, a.Tick.Width = axisWidth, axisWidth
		a.Tick.Marker = plot.TickerFunc(RoundTicks)
	}
	p.X.Min, p.Y.Min = 0, 0
	p.Add(grid)
	return p
}

// headroom is the air above the largest value on an axis.
const headroom = 1.06

// Align gives all panels the same limits, above the largest value of any, so that they compare at sight.
func Align(panels []*plot.Plot) {
	var x, y float64
	for _, p := range panels {
		x, y = max(x, p.X.Max), max(y, p.Y.Max)
	}
	for _, p := range panels {
		p.Y.Max = Limit(y)
		if p.X.Min == 0 { // otherwise the panel set its own limits
			p.X.Max = Limit(x)
		}
	}
}

// Limit is where an axis ends whose largest value is top; without values that is at 1.
func Limit(top float64) float64 {
	if top <= 0 {
		return 1
	}
	return top * headroom
}

// mostTicks is the largest number of intervals that an axis is divided into.
const mostTicks = 7

// RoundTicks is a plot.TickerFunc: labels at multiples of 1, 2 or 5 times a power of ten.
func RoundTicks(low, high float64) []plot.Tick {
	least := (high - low) / mostTicks
	step := math.Pow10(int(math.Floor(math.Log10(least))))
	for _, factor := range []float64{2, 2.5, 2} { // 1 → 2 → 5 → 10
		if step < least {
			step *= factor
		}
	}
	decimals := max(0, -int(math.Floor(math.Log10(step))))
	var ticks []plot.Tick
	for i := math.Ceil(low / step); i*step <= high; i++ {
		ticks = append(ticks, plot.Tick{Value: i * step, Label: strconv.FormatFloat(i*step, 'f', decimals, 64)})
	}
	return ticks
}

// gridlines are faint horizontal lines at the y ticks. It is a plot.Plotter.
type gridlines struct{}

// Plot implements plot.Plotter.
func (gridlines) Plot(c draw.Canvas, p *plot.Plot) {
	_, y := p.Transforms(&c)
	for _, t := range p.Y.Tick.Marker.Ticks(p.Y.Min, p.Y.Max) {
		if t.Value > p.Y.Min {
			c.StrokeLine2(draw.LineStyle{Color: color.Gray{0xE0}, Width: 0.5}, c.Min.X, y(t.Value), c.Max.X, y(t.Value))
		}
	}
}

// Uprights are faint vertical lines at the x ticks. It is a plot.Plotter.
type Uprights struct{}

// Plot implements plot.Plotter.
func (Uprights) Plot(c draw.Canvas, p *plot.Plot) {
	x, _ := p.Transforms(&c)
	for _, t := range p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max) {
		if t.Value > p.X.Min {
			c.StrokeLine2(draw.LineStyle{Color: color.Gray{0xE0}, Width: 0.5}, x(t.Value), c.Min.Y, x(t.Value), c.Max.Y)
		}
	}
}

// attackIDSize is the size of turned labels.
const attackIDSize = vg.Length(8.5)

// upright centres capitals and digits, unlike draw.YCenter.
const upright = draw.YAlignment(-0.33)

// TurnTicks sets the labels of the x axis upright.
func TurnTicks(p *plot.Plot) {
	p.X.Tick.Label.Font.Size = attackIDSize
	p.X.Tick.Label.Rotation = math.Pi / 2
	p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = draw.XRight, upright
	p.X.Tick.Color = color.Transparent // its length keeps the labels off the axis
	p.X.Tick.Length = 5
}
