package look

import (
	"cmp"
	"image/color"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A scheme is what the paper says of one way to prove that a write is complete, and what the figure shows of it.
type Scheme struct {
	ID                string // in results
	Construct, Verify string // costs by the paper's Table 1, as printed; empty: not in it
	Look              *Look  // in the figure; nil: in the table alone. Without a marker it is a line across the panel.
}

// What the paper's Table 1 says.
const (
	oneHash   = "1 hash"
	cubic     = "O(t³) modular exponentiations"
	quadratic = "O(t²) modular exponentiations"
	ofModulus = "O(M) modular exponentiations"
)

// AllSchemes is in the order of tables and legends.
var AllSchemes = []Scheme{
	{"hash-sha1", oneHash, oneHash, nil},
	{"hash-sha256", oneHash, oneHash, &Look{Title: "hash", Color: blue, Marker: draw.CircleGlyph{}}},
	{"hash-macs-sha1", "", "", nil},
	{"hash-macs-sha256", "", "", &Look{
		Title: "hash + S MACs", Color: green, Marker: draw.PyramidGlyph{}, Dashes: []vg.Length{1.5, 2},
	}},
	{"polynomial-naive", cubic, quadratic, &Look{
		Title: "polynomial: naive", Color: vermilion, Marker: draw.BoxGlyph{}, Dashes: []vg.Length{6, 2.5},
	}},
	{"polynomial-horner", cubic, quadratic, &Look{Title: "Horner", Color: purple, Marker: diamond{}}},
	{"polynomial-sealed", cubic, quadratic, &Look{
		Title: "sealed", Color: purple, Marker: draw.RingGlyph{}, Dashes: []vg.Length{6, 2, 1.5, 2},
	}},
	{"rsa-1024", ofModulus, ofModulus, &Look{Title: "RSA-1024", Color: lightGray, Dashes: []vg.Length{1.5, 1.5}}},
	{"rsa-2048", ofModulus, ofModulus, &Look{Title: "RSA-2048", Color: gray, Dashes: []vg.Length{4, 2}}},
	{"rsa-3072", ofModulus, ofModulus, &Look{Title: "RSA-3072", Color: color.Black}},
	{"dsa-1024", "", "", &Look{Title: "DSA-1024", Color: lightBlue, Dashes: []vg.Length{1.5, 1.5}}},
	{"ecdsa-p256", "", "", &Look{Title: "P-256", Color: orange, Dashes: []vg.Length{7, 2, 1.5, 2}}},
	{"ed25519", "", "", &Look{Title: "Ed25519", Color: orange}},
}

var (
	lightGray = color.Gray{0x90}
	lightBlue = color.RGBA{0x3D, 0x9B, 0xD1, 0xFF}
	orange    = color.RGBA{0xC9, 0x83, 0x00, 0xFF}
)

// SchemeOf is the scheme of that name in results; one that is not known has nothing but its name.
func SchemeOf(id string) Scheme {
	if i := schemeRank(id); i < len(AllSchemes) {
		return AllSchemes[i]
	}
	return Scheme{ID: id}
}

// schemeRank is the scheme's place in schemes, or behind them all.
func schemeRank(id string) int {
	i := slices.IndexFunc(AllSchemes, func(s Scheme) bool { return s.ID == id })
	if i < 0 {
		return len(AllSchemes)
	}
	return i
}

func CompareSchemes(a, b string) int {
	return cmp.Or(cmp.Compare(schemeRank(a), schemeRank(b)), cmp.Compare(a, b))
}
