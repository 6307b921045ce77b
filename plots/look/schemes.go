package look

import (
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

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
