package draw

import (
	"image/color"
	"math"
	"slices"
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
	smallSize   = vg.Length(8.5)
	captionSize = smallSize
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

// NewPlot is an empty panel with faint lines at the y ticks, its fonts, and axes that begin at 0.
func NewPlot() *Panel { return newPanel(gridlines{}) }

// NewStripPlot is such a panel for Strips: its lines are at the x ticks, and its y axis has none.
func NewStripPlot() *Panel {
	p := newPanel(gridlines{upright: true})
	p.Y.Tick.Marker = plot.ConstantTicks(nil)
	return p
}

func newPanel(grid plot.Plotter) *Panel {
	p := &Panel{Plot: plot.New()}
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Label.TextStyle.Font = sans(labelSize).Font
		a.Label.Padding = 3
		a.Tick.Label.Font = sans(tickSize).Font
		a.Tick.Length = 3
		a.Padding = 0
		a.Width, a.Tick.Width = axisWidth, axisWidth
		a.Tick.Marker = plot.TickerFunc(roundTicks)
	}
	p.Title.TextStyle.Font, p.Title.Padding = sans(titleSize).Font, 4
	p.X.Min, p.Y.Min = 0, 0
	p.Add(grid)
	return p
}

// NewBlank is a place without a panel, which fills a row.
func NewBlank() *Panel {
	p := &Panel{Plot: plot.New(), Blank: true}
	p.HideAxes()
	return p
}

// headroom is the air above the largest value on an axis.
const headroom = 1.06

// Align gives all panels the same limits, above the largest value of any, so that they compare at sight. Logarithmic axes have
// theirs already.
func Align(panels []*Panel) {
	var x, y float64
	for _, p := range panels {
		x, y = max(x, p.X.Max), max(y, p.Y.Max)
	}
	for _, p := range panels {
		if p.YLog.Base == 0 {
			p.Y.Max = Limit(y)
		}
		if p.X.Min == 0 { // otherwise the panel set its own limits
			p.X.Max = Limit(x)
		}
	}
}

// Limit is the end of an axis whose largest value is top; without values it is 1.
func Limit(top float64) float64 {
	if top <= 0 {
		return 1
	}
	return top * headroom
}

// mostTicks is the largest number of intervals that an axis is divided into.
const mostTicks = 7

// roundTicks is a plot.TickerFunc: labels at multiples of 1, 2 or 5 times a power of ten.
func roundTicks(low, high float64) []plot.Tick {
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

// WholeTicks are round ticks at whole numbers alone.
var WholeTicks plot.TickerFunc = func(low, high float64) (whole []plot.Tick) {
	for _, t := range roundTicks(low, high) {
		if n := math.Round(t.Value); math.Abs(t.Value-n) < 1e-9 {
			whole = append(whole, plot.Tick{Value: n, Label: strconv.Itoa(int(n))})
		}
	}
	return whole
}

// ShortTicks are those of the ticker with k, M and G for thousands and more, if any label has six digits.
func ShortTicks(of plot.Ticker) plot.TickerFunc {
	return func(low, high float64) []plot.Tick {
		all := slices.Clone(of.Ticks(low, high))
		long := func(t plot.Tick) bool { x, _ := strconv.ParseFloat(t.Label, 64); return math.Abs(x) >= 1e5 }
		if !slices.ContainsFunc(all, long) {
			return all
		}
		for i, t := range all {
			all[i].Label = shortNumber(t.Label)
		}
		return all
	}
}

// shortNumber is the number with a letter for its thousands; what is none stays.
func shortNumber(label string) string {
	x, err := strconv.ParseFloat(label, 64)
	if err != nil {
		return label
	}
	letters := []string{"", "k", "M", "G", "T"}
	i := 0
	for ; math.Abs(x) >= 1e3 && i < len(letters)-1; i++ {
		x /= 1e3
	}
	return strconv.FormatFloat(x, 'g', 6, 64) + letters[i]
}

// UnlabelledTicks are round ticks without labels, for panels that stand above another with the same axis.
var UnlabelledTicks plot.TickerFunc = func(low, high float64) []plot.Tick {
	all := roundTicks(low, high)
	for i := range all {
		all[i].Label = ""
	}
	return all
}

// logAxis makes the axis one of decimal logarithms, as Panel.LogY says. plot.LogScale does not do: plot.Align misplaces the
// panels of such axes.
func logAxis(a *plot.Axis, values []float64, room, power float64) {
	values = slices.DeleteFunc(slices.Clone(values), func(x float64) bool { return x <= 0 })
	if len(values) == 0 {
		values = []float64{1}
	}
	low, high := roundLog(slices.Min(values), -1), roundLog(slices.Max(values), 1)*room
	a.Min, a.Max = math.Log10(low), math.Log10(high)
	a.Tick.Marker = plot.TickerFunc(func(low, high float64) []plot.Tick {
		ticks := logTicks(low-power, high-power)
		for i := range ticks {
			ticks[i].Value += power
		}
		return ticks
	})
}

// roundLog is the nearest 1, 2 or 5 times a power of ten below x > 0 or, with a positive sign, above it.
func roundLog(x, sign float64) float64 {
	power := math.Pow10(int(math.Floor(math.Log10(x))))
	steps := []float64{0.5, 1, 2, 5, 10, 20}
	i := slices.IndexFunc(steps, func(s float64) bool { return s*power > x })
	if sign > 0 {
		return steps[i] * power
	}
	for i--; steps[i]*power >= x; i-- {
	}
	return steps[i] * power
}

// logTicks are ticks of logarithms: labels at 1, 2 and 5 times the powers of ten, or at the powers alone if these are many.
func logTicks(low, high float64) []plot.Tick {
	factors := []float64{1, 2, 5}
	if high-low > 2.2 {
		factors = factors[:1]
	}
	const slack = 1e-9
	var ticks []plot.Tick
	for power := int(math.Floor(low)); float64(power) <= high; power++ {
		for _, f := range factors {
			x := f * math.Pow10(power)
			if at := math.Log10(x); low-slack <= at && at <= high+slack {
				ticks = append(ticks, plot.Tick{Value: at, Label: strconv.FormatFloat(x, 'f', max(0, -power), 64)})
			}
		}
	}
	return ticks
}

// upright centres capitals and digits, unlike draw.YCenter.
const upright = draw.YAlignment(-0.33)

// TurnTicks sets the labels of the x axis upright.
func TurnTicks(p *Panel) {
	p.X.Tick.Label.Font.Size = smallSize
	p.X.Tick.Label.Rotation = math.Pi / 2
	p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = draw.XRight, upright
	p.X.Tick.Color = color.Transparent // its length keeps the labels off the axis
	p.X.Tick.Length = 5
}

// gridlines are faint lines at the y ticks or, upright, at the x ticks. It is a plot.Plotter.
type gridlines struct{ upright bool }

// Plot implements plot.Plotter.
func (g gridlines) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	a := p.Y
	if g.upright {
		a = p.X
	}
	style := draw.LineStyle{Color: color.Gray{0xE0}, Width: 0.5}
	for _, t := range a.Tick.Marker.Ticks(a.Min, a.Max) {
		switch {
		case t.Value <= a.Min:
		case g.upright:
			c.StrokeLine2(style, x(t.Value), c.Min.Y, x(t.Value), c.Max.Y)
		default:
			c.StrokeLine2(style, c.Min.X, y(t.Value), c.Max.X, y(t.Value))
		}
	}
}
