package draw

import (
	"bytes"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// A Picture is a figure in parts, for a document that arranges them to its width and sets the text itself. Its parts are
// svg elements without ids, classes, fonts and references, black on white or on nothing.
type Picture struct {
	Name    string // as in the names of the files that Draw writes: "2a", "attacks"
	Heading string // what it shows, in a few words
	Legend  []Mark
	Panels  []string // the columns of panels, each with its title; a single one is as wide as a page is
	Loud    []string // of the caption: what nobody may overlook
	Lines   []string // of the caption: the circumstances
}

// A Mark explains one element of a figure.
type Mark struct {
	Name   string
	Sample string // what it looks like
}

// partWidth is how wide the parts of a picture are drawn that stand side by side where there is room.
const partWidth = PageWidth / 2

// samplePad is the room around a legend's sample for what stands out.
const samplePad = vg.Length(2)

// A part is panels that stay together, with the width at which they are drawn.
type part struct {
	page  *Page
	width vg.Length
}

// svg draws an svg element of that size.
func svg(width, height vg.Length, drawOn func(draw.Canvas)) string {
	c := vgsvg.NewWith(vgsvg.UseWH(width, height), vgsvg.EmbedFonts(false))
	drawOn(draw.New(c))
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		panic(err) // a bytes.Buffer takes everything
	}
	return string(b.Bytes()[bytes.Index(b.Bytes(), []byte("<svg")):])
}
