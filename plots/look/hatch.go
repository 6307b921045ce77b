package look

import (
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A hatch is a pattern of lines over a bar, as slopes.
type Hatch []float64

var (
	noHatch     = Hatch{}
	Slashes     = Hatch{1}
	backslashes = Hatch{-1}
	crossed     = Hatch{1, -1}
)

// A diamond is a glyph: a filled square on its tip.
type diamond struct{}

// DrawGlyph implements draw.GlyphDrawer.
func (diamond) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	r := s.Radius * 1.2
	var p vg.Path
	p.Move(at.Add(vg.Point{X: r}))
	p.Line(at.Add(vg.Point{Y: r}))
	p.Line(at.Add(vg.Point{X: -r}))
	p.Line(at.Add(vg.Point{Y: -r}))
	p.Close()
	c.Fill(p)
}
