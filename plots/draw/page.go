// Package draw holds the plotters of the figures, their legends, and the page that they stand on.
//
// It imports stat, look and harness/result; figures and sink import it.
package draw

import (
	"bytes"
	"image/color"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// The page: legend above, rows of panels, caption below.
const (
	pageWidth   = 160 * vg.Millimeter
	PanelHeight = 66 * vg.Millimeter // of the only row
	margin      = 2 * vg.Millimeter
	panelGap    = 5 * vg.Millimeter
	rowGap      = 2.5 * vg.Millimeter
	legendSize  = 7 * vg.Millimeter // of one row
	titleHeight = 7 * vg.Millimeter
)

// A Page is one figure, ready to be drawn on any canvas.
type Page struct {
	Name      string // as in the names of files: "2a", "attacks"
	Heading   string // what it shows, in a few words, where the caption has no room for it
	Legend    Legend
	Titles    []string   // of the columns; none: no room for any
	Rows      [][]*Panel // of panels, all equally long
	RowHeight vg.Length
	Gutter    vg.Length // left of the panels, for what they draw there
	Loud      []string  // of the caption: what must not be overlooked
	Lines     []string  // of the caption: the circumstances
}

// Size is the page's size on paper.
func (p *Page) Size() (w, h vg.Length) { return pageWidth, p.height(pageWidth) }

// height is the page's height at that width.
func (p *Page) height(width vg.Length) vg.Length {
	inner := width - 2*margin
	rows := vg.Length(len(p.Rows))*(p.RowHeight+rowGap) - rowGap
	return 2*margin + p.Legend.height(inner) + p.titleHeight() + rows + p.captionHeight(inner)
}

func (p *Page) titleHeight() vg.Length {
	if len(p.Titles) == 0 {
		return 0
	}
	return titleHeight
}

// Draw draws the page on the whole canvas.
func (p *Page) Draw(c draw.Canvas) {
	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())
	c = draw.Crop(c, margin, -margin, margin, -margin)
	captionHeight := p.captionHeight(c.Size().X)
	p.drawCaption(draw.Crop(c, 0, 0, 0, captionHeight-c.Size().Y))
	c = draw.Crop(c, 0, 0, captionHeight, 0)
	p.Legend.draw(c)
	p.drawPanels(draw.Crop(c, 0, 0, 0, -p.Legend.height(c.Size().X)))
}

// drawPanels draws the rows of panels with the columns' titles above.
func (p *Page) drawPanels(c draw.Canvas) {
	c = draw.Crop(c, p.Gutter, 0, 0, -p.titleHeight())
	title := sans(titleSize)
	title.XAlign = draw.XCenter
	tiles := draw.Tiles{Rows: len(p.Rows), Cols: len(p.Rows[0]), PadX: panelGap, PadY: rowGap}
	for i, row := range plot.Align(plots(p.Rows), tiles, c) {
		for j, canvas := range row {
			p.Rows[i][j].Draw(canvas)
			if i == 0 && len(p.Titles) > 0 {
				data := p.Rows[i][j].DataCanvas(canvas)
				c.FillText(title, vg.Point{X: data.Center().X, Y: c.Max.Y + titleSize/3}, p.Titles[j])
			}
		}
	}
}

// loudColor is dark enough to read as black in print.
var loudColor = color.RGBA{0xB0, 0x00, 0x00, 0xFF}

func loudStyle() text.Style {
	s := sans(labelSize)
	s.Color = loudColor
	return s
}

// leading is the distance from line to line of the caption, in multiples of the text's size.
const leading = 1.25

// captionHeight is the caption's height at that width.
func (p *Page) captionHeight(width vg.Length) vg.Length {
	h := captionSize / 2
	p.eachLine(width, func(s text.Style, _ string) { h += s.Font.Size * leading })
	return h
}

// drawCaption draws the caption from the top of the canvas down.
func (p *Page) drawCaption(on draw.Canvas) {
	y := on.Max.Y - captionSize/2
	p.eachLine(on.Size().X, func(s text.Style, line string) {
		y -= s.Font.Size * leading
		on.FillText(s, vg.Point{X: on.Min.X, Y: y + s.FontExtents().Descent}, line)
	})
}

// eachLine calls do with every line of the caption, broken to the width.
func (p *Page) eachLine(width vg.Length, do func(s text.Style, line string)) {
	for _, part := range []struct {
		style text.Style
		lines []string
	}{{loudStyle(), p.Loud}, {sans(captionSize), p.Lines}} {
		for _, paragraph := range part.lines {
			for _, line := range wrap(paragraph, width, part.style.Width) {
				do(part.style, line)
			}
		}
	}
}

// wrap breaks a paragraph into lines no wider than width, as measured, unless a single word is wider.
func wrap(paragraph string, width vg.Length, measure func(string) vg.Length) []string {
	var lines []string
	for _, word := range strings.Fields(paragraph) {
		if n := len(lines); n > 0 && measure(lines[n-1]+" "+word) <= width {
			lines[n-1] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	return lines
}

// A Picture is a figure in parts, for a document that arranges them to its width and sets the text itself. Its parts are
// svg elements without ids, classes, fonts and references, black on white or on nothing.
type Picture struct {
	*Page
	Legend []Mark
	Panels []string // the columns of panels, each with its title; a single one is as wide as a page is
}

// A Mark explains one element of a figure.
type Mark struct {
	Name   string
	Sample string // what it looks like
}

// Picture draws the page's parts.
func (p *Page) Picture() Picture {
	made := Picture{Page: p}
	const pad = vg.Length(2) // around a legend's sample, for what stands out
	for _, e := range p.Legend {
		made.Legend = append(made.Legend, Mark{e.Name, svg(sampleWidth+2*pad, sampleHeight+2*pad, func(c draw.Canvas) {
			e.Sample(draw.Crop(c, pad, -pad, pad, -pad))
		})})
	}
	// Columns of panels may stand side by side or one below the other, unless there is one gutter for all.
	parts, width := []*Page{}, pageWidth/2
	if len(p.Rows[0]) == 1 || p.Gutter > 0 {
		whole := *p
		whole.Legend, whole.Loud, whole.Lines = nil, nil, nil
		parts, width = append(parts, &whole), pageWidth
	} else {
		for i := range p.Rows[0] {
			parts = append(parts, p.column(i))
		}
	}
	for _, part := range parts {
		made.Panels = append(made.Panels, svg(width, part.height(width), part.Draw))
	}
	return made
}

// column is the page of one column of panels alone. Where only the first one names its y axis, this one does too.
func (p *Page) column(i int) *Page {
	c := &Page{RowHeight: p.RowHeight}
	if len(p.Titles) > 0 {
		c.Titles = p.Titles[i : i+1]
	}
	for _, row := range p.Rows {
		own := *row[i].Plot
		if own.Y.Label.Text == "" && !row[i].Blank {
			own.Y.Label.Text = row[0].Y.Label.Text
		}
		c.Rows = append(c.Rows, []*Panel{{Plot: &own}})
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
