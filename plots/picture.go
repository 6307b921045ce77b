package plots

import (
	"bytes"
	"cmp"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/powbench/powbench/harness/result"
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
const partWidth = pageWidth / 2

// samplePad is the room around a legend's sample for what stands out.
const samplePad = vg.Length(2)

// Pictures makes a picture of each figure that Draw would draw of the sets, and refuses what Draw refuses.
func Pictures(sets []*result.Set) ([]Picture, error) {
	pages, err := layOutAll(sets)
	if err != nil {
		return nil, err
	}
	pictures := make([]Picture, len(pages))
	for i, p := range pages {
		pictures[i] = p.picture()
	}
	return pictures, nil
}

func (p *page) picture() Picture {
	made := Picture{Name: p.figure, Heading: p.heading, Loud: p.loud, Lines: p.lines}
	for _, e := range p.legend {
		sample := svg(sampleWidth+2*samplePad, sampleHeight+2*samplePad, func(c draw.Canvas) {
			e.sample(draw.Crop(c, samplePad, -samplePad, samplePad, -samplePad))
		})
		made.Legend = append(made.Legend, Mark{e.name, sample})
	}
	for _, part := range p.parts() {
		made.Panels = append(made.Panels, svg(part.width, part.page.height(part.width), part.page.draw))
	}
	return made
}

// A part is panels that stay together, with the width at which they are drawn.
type part struct {
	page  *page
	width vg.Length
}

// parts are the columns of panels, or all panels if there is one column, or one gutter for all.
func (p *page) parts() []part {
	if len(p.rows[0]) == 1 || p.gutter > 0 {
		whole := *p
		whole.legend, whole.loud, whole.lines = nil, nil, nil
		return []part{{&whole, pageWidth}}
	}
	var parts []part
	for i := range p.rows[0] {
		parts = append(parts, part{p.column(i), partWidth})
	}
	return parts
}

// column is the page of one column of panels alone. Where only the first one names its y axis, this one does too.
func (p *page) column(i int) *page {
	c := &page{rowHeight: p.rowHeight}
	if len(p.titles) > 0 {
		c.titles = p.titles[i : i+1]
	}
	for _, row := range p.rows {
		panel := *row[i]
		if panel.Y.Label.Text == "" {
			panel.Y.Label.Text = row[0].Y.Label.Text
		}
		c.rows = append(c.rows, []*plot.Plot{&panel})
	}
	return c
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

// figureHeading is what a figure shows by the title of its experiment; one of the paper's has a number before it.
func figureHeading(name, title string) string {
	if len(name) != 2 || name[0] < '0' || name[0] > '9' {
		return cmp.Or(title, "Figure "+name)
	}
	number := "Figure " + name[:1] + "(" + name[1:] + ")"
	if title == "" {
		return number
	}
	return number + ": " + title
}
