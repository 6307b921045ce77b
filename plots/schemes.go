package plots

import (
	"cmp"
	"image/color"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A scheme is what the paper says of one way to prove that a write is complete, and what the figure shows of it.
type scheme struct {
	id                string // in results
	construct, verify string // costs by the paper's Table 1, as printed; empty: not in it
	look              *look  // in the figure; nil: in the table alone. Without a marker it is a line across the panel.
}

// What the paper's Table 1 says.
const (
	oneHash   = "1 hash"
	cubic     = "O(t³) modular exponentiations"
	quadratic = "O(t²) modular exponentiations"
	ofModulus = "O(M) modular exponentiations"
)

// schemes is in the order of tables and legends.
var schemes = []scheme{
	{"hash-sha1", oneHash, oneHash, nil},
	{"hash-sha256", oneHash, oneHash, &look{name: "hash", color: blue, marker: draw.CircleGlyph{}}},
	{"hash-macs-sha1", "", "", nil},
	{"hash-macs-sha256", "", "", &look{
		name: "hash + S MACs", color: green, marker: draw.PyramidGlyph{}, dashes: []vg.Length{1.5, 2},
	}},
	{"polynomial-naive", cubic, quadratic, &look{
		name: "polynomial: naive", color: vermilion, marker: draw.BoxGlyph{}, dashes: []vg.Length{6, 2.5},
	}},
	{"polynomial-horner", cubic, quadratic, &look{name: "Horner", color: purple, marker: diamond{}}},
	{"polynomial-sealed", cubic, quadratic, &look{
		name: "sealed", color: purple, marker: draw.RingGlyph{}, dashes: []vg.Length{6, 2, 1.5, 2},
	}},
	{"rsa-1024", ofModulus, ofModulus, &look{name: "RSA-1024", color: lightGray, dashes: []vg.Length{1.5, 1.5}}},
	{"rsa-2048", ofModulus, ofModulus, &look{name: "RSA-2048", color: gray, dashes: []vg.Length{4, 2}}},
	{"rsa-3072", ofModulus, ofModulus, &look{name: "RSA-3072", color: color.Black}},
	{"dsa-1024", "", "", &look{name: "DSA-1024", color: lightBlue, dashes: []vg.Length{1.5, 1.5}}},
	{"ecdsa-p256", "", "", &look{name: "P-256", color: orange, dashes: []vg.Length{7, 2, 1.5, 2}}},
	{"ed25519", "", "", &look{name: "Ed25519", color: orange}},
}

var (
	lightGray = color.Gray{0x90}
	lightBlue = color.RGBA{0x3D, 0x9B, 0xD1, 0xFF}
	orange    = color.RGBA{0xC9, 0x83, 0x00, 0xFF}
)

// schemeOf is the scheme of that name in results; one that is not known has nothing but its name.
func schemeOf(id string) scheme {
	if i := schemeRank(id); i < len(schemes) {
		return schemes[i]
	}
	return scheme{id: id}
}

// schemeRank is the scheme's place in schemes, or behind them all.
func schemeRank(id string) int {
	i := slices.IndexFunc(schemes, func(s scheme) bool { return s.id == id })
	if i < 0 {
		return len(schemes)
	}
	return i
}

func compareSchemes(a, b string) int {
	return cmp.Or(cmp.Compare(schemeRank(a), schemeRank(b)), cmp.Compare(a, b))
}
