package plots

import (
	"cmp"
	"fmt"
	"image/color"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A look tells a protocol apart from the others in every figure. Colours are Okabe and Ito's, safe for colour-blind
// readers; marker, dash and hatch tell them apart in black and white as well.
type look struct {
	protocol string // as in results
	name     string // as in the paper
	color    color.Color
	marker   draw.GlyphDrawer
	dashes   []vg.Length
	fill     color.Color // of bars
	hatch    hatch
}

// looks is in the order of legends, bars and tables.
var looks = []look{
	{"mpowerstore", "M-PoWerStore", blue, draw.CircleGlyph{}, nil, blue, noHatch},
	{"mabd", "M-ABD", vermilion, draw.BoxGlyph{}, []vg.Length{6, 2.5}, paleOrange, slashes},
	{"phalanx", "Phalanx", green, draw.PyramidGlyph{}, []vg.Length{1.5, 2}, color.White, crossed},
	{"powerstore", "PoWerStore", purple, diamond{}, []vg.Length{6, 2, 1.5, 2}, palePurple, backslashes},
	{"cas", "CAS", sky, draw.TriangleGlyph{}, []vg.Length{8, 2, 2, 2, 2, 2}, paleBlue, noHatch},
	{"null", "null protocol", gray, draw.CrossGlyph{}, []vg.Length{3, 3}, paleGray, noHatch},
}

var (
	blue       = color.RGBA{0x00, 0x72, 0xB2, 0xFF}
	vermilion  = color.RGBA{0xD5, 0x5E, 0x00, 0xFF}
	green      = color.RGBA{0x00, 0x7A, 0x5A, 0xFF}
	purple     = color.RGBA{0xCC, 0x79, 0xA7, 0xFF}
	sky        = color.RGBA{0x2B, 0x8C, 0xC4, 0xFF}
	gray       = color.Gray{0x60}
	paleOrange = color.RGBA{0xF6, 0xC9, 0x8B, 0xFF}
	palePurple = color.RGBA{0xE9, 0xC6, 0xDA, 0xFF}
	paleBlue   = color.RGBA{0xCC, 0xE6, 0xF5, 0xFF}
	paleGray   = color.Gray{0xDD}
)

// lookOf is the look of a protocol; one that is not known looks like the null protocol, under its own name.
func lookOf(protocol string) look {
	l := looks[min(rank(protocol), len(looks)-1)]
	if l.protocol != protocol {
		l.name = protocol
	}
	return l
}

// rank is the protocol's place in looks, or behind them all.
func rank(protocol string) int {
	i := slices.IndexFunc(looks, func(l look) bool { return l.protocol == protocol })
	if i < 0 {
		return len(looks)
	}
	return i
}

func compareProtocols(a, b string) int {
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
}

func protocolName(protocol string) string { return lookOf(protocol).name }

func opName(op string) string { return strings.ToUpper(op) }

// sizeName formats a value's size in bytes, as in "256 KiB".
func sizeName(bytes int) string {
	switch {
	case bytes >= 1<<20 && bytes%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", bytes>>20)
	case bytes >= 1<<10 && bytes%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", bytes>>10)
	default:
		return fmt.Sprintf("%d B", bytes)
	}
}

// count formats n things, as in "1 client" and "12 clients".
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

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
