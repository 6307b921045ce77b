// Package look says what protocols and schemes are called, in which order they stand, and what they look like in figures.
//
// It imports nothing of ours; every package of plots above it may import it.
package look

import (
	"cmp"
	"image/color"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A look tells a protocol apart from the others in every figure. Colours are Okabe and Ito's, safe for colour-blind
// readers; marker, dash and hatch tell them apart in black and white as well.
type Look struct {
	Protocol string // as in results
	Title    string // as in the paper
	Color    color.Color
	Marker   draw.GlyphDrawer
	Dashes   []vg.Length
	Fill     color.Color // of bars
	Hatch    Hatch
}

// looks is in the order of legends, bars and tables.
var looks = []Look{
	{"mpowerstore", "M-PoWerStore", blue, draw.CircleGlyph{}, nil, blue, noHatch},
	{"mabd", "M-ABD", vermilion, draw.BoxGlyph{}, []vg.Length{6, 2.5}, paleOrange, Slashes},
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

// Of is the look of a protocol; one that is not known looks like the null protocol, under its own name.
func Of(protocol string) Look {
	l := looks[min(rank(protocol), len(looks)-1)]
	if l.Protocol != protocol {
		l.Title = protocol
	}
	return l
}

// rank is the protocol's place in looks, or behind them all.
func rank(protocol string) int {
	i := slices.IndexFunc(looks, func(l Look) bool { return l.Protocol == protocol })
	if i < 0 {
		return len(looks)
	}
	return i
}

func Compare(a, b string) int {
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
}

func Name(protocol string) string { return Of(protocol).Title }
