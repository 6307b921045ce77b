// Package look says what a system looks like in figures, by its place in their order, and names the schemes of Table 1.
//
// It imports nothing of ours; every package of plots above it may import it.
package look

import (
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A Look tells a protocol or scheme apart from the others in every figure. Colours are Okabe and Ito's, safe for
// colour-blind readers; marker, dash and hatch tell them apart in black and white as well.
type Look struct {
	Title  string // as in the paper
	Color  color.Color
	Marker draw.GlyphDrawer // nil: it is a line across the panel
	Dashes []vg.Length
	Fill   color.Color // of bars
	Hatch  Hatch
}

// palette is the looks of systems in their order, from 1.
var palette = []Look{
	{"", blue, draw.CircleGlyph{}, nil, blue, noHatch},
	{"", vermilion, draw.BoxGlyph{}, []vg.Length{6, 2.5}, paleOrange, Slashes},
	{"", green, draw.PyramidGlyph{}, []vg.Length{1.5, 2}, color.White, crossed},
	{"", purple, diamond{}, []vg.Length{6, 2, 1.5, 2}, palePurple, backslashes},
	{"", sky, draw.TriangleGlyph{}, []vg.Length{8, 2, 2, 2, 2, 2}, paleBlue, noHatch},
	{"", gray, draw.CrossGlyph{}, []vg.Length{3, 3}, paleGray, noHatch},
	{"", orange, draw.RingGlyph{}, []vg.Length{7, 2, 1.5, 2}, color.White, Slashes},
	{"", color.Black, draw.PlusGlyph{}, []vg.Length{4, 2}, color.White, backslashes},
	{"", vermilion, draw.SquareGlyph{}, []vg.Length{2, 1.5}, color.White, backslashes},
	{"", green, draw.RingGlyph{}, []vg.Length{9, 3}, paleGray, Slashes},
}

// MarkName names the marker as plotting tools do: "circle", "square", "triangle", "diamond", "cross", "plus"; or their outlines,
// such as "open circle". It is empty without a marker.
func (l Look) MarkName() string {
	switch l.Marker.(type) {
	case draw.CircleGlyph:
		return "circle"
	case draw.BoxGlyph:
		return "square"
	case draw.PyramidGlyph:
		return "triangle"
	case draw.TriangleGlyph:
		return "open triangle"
	case diamond:
		return "diamond"
	case draw.SquareGlyph:
		return "open square"
	case draw.RingGlyph:
		return "open circle"
	case draw.CrossGlyph:
		return "cross"
	case draw.PlusGlyph:
		return "plus"
	}
	return ""
}

// Of is the look of the system with that title at that place, from 1. Places beyond the palette begin it anew.
func Of(title string, place int) Look {
	l := palette[(max(place, 1)-1)%len(palette)]
	l.Title = title
	return l
}

var (
	blue       = color.RGBA{0x00, 0x72, 0xB2, 0xFF}
	lightBlue  = color.RGBA{0x3D, 0x9B, 0xD1, 0xFF}
	sky        = color.RGBA{0x2B, 0x8C, 0xC4, 0xFF}
	paleBlue   = color.RGBA{0xCC, 0xE6, 0xF5, 0xFF}
	vermilion  = color.RGBA{0xD5, 0x5E, 0x00, 0xFF}
	orange     = color.RGBA{0xC9, 0x83, 0x00, 0xFF}
	paleOrange = color.RGBA{0xF6, 0xC9, 0x8B, 0xFF}
	green      = color.RGBA{0x00, 0x7A, 0x5A, 0xFF}
	purple     = color.RGBA{0xCC, 0x79, 0xA7, 0xFF}
	palePurple = color.RGBA{0xE9, 0xC6, 0xDA, 0xFF}
	gray       = color.Gray{0x60}
	lightGray  = color.Gray{0x90}
	paleGray   = color.Gray{0xDD}
)

// A Hatch is a pattern of lines over a bar, as slopes.
type Hatch []float64

// Slashes is the hatch that leans to the right.
var (
	Slashes     = Hatch{1}
	backslashes = Hatch{-1}
	crossed     = Hatch{1, -1}
	noHatch     = Hatch{}
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

// schemes are the looks of the schemes of Table 1 that its figure shows, by their names in results.
var schemes = map[string]Look{
	"hash-sha256":       {Title: "hash", Color: blue, Marker: draw.CircleGlyph{}},
	"hash-macs-sha256":  {Title: "hash + S MACs", Color: green, Marker: draw.PyramidGlyph{}, Dashes: []vg.Length{1.5, 2}},
	"polynomial-naive":  {Title: "polynomial: naive", Color: vermilion, Marker: draw.BoxGlyph{}, Dashes: []vg.Length{6, 2.5}},
	"polynomial-horner": {Title: "Horner", Color: purple, Marker: diamond{}},
	"polynomial-sealed": {Title: "sealed", Color: purple, Marker: draw.RingGlyph{}, Dashes: []vg.Length{6, 2, 1.5, 2}},
	"rsa-1024":          {Title: "RSA-1024", Color: lightGray, Dashes: []vg.Length{1.5, 1.5}},
	"rsa-2048":          {Title: "RSA-2048", Color: gray, Dashes: []vg.Length{4, 2}},
	"rsa-3072":          {Title: "RSA-3072", Color: color.Black},
	"dsa-1024":          {Title: "DSA-1024", Color: lightBlue, Dashes: []vg.Length{1.5, 1.5}},
	"ecdsa-p256":        {Title: "P-256", Color: orange, Dashes: []vg.Length{7, 2, 1.5, 2}},
	"ed25519":           {Title: "Ed25519", Color: orange},
}

// OfScheme is the look of a scheme, if the figure shows it.
func OfScheme(id string) (l Look, shown bool) {
	l, shown = schemes[id]
	return l, shown
}
