// Package draw holds the plotters of the figures, their legends, and the page that they stand on.
//
// It imports stat, look and harness/result; figures and sink import it.
package draw

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// The page: legend above, rows of panels, caption below.
const (
	PageWidth   = 160 * vg.Millimeter
	PanelHeight = 66 * vg.Millimeter // of the only row
	Margin      = 2 * vg.Millimeter
	panelGap    = 5 * vg.Millimeter
	rowGap      = 2.5 * vg.Millimeter
	legendSize  = 7 * vg.Millimeter // of one row
	titleHeight = 7 * vg.Millimeter
)

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

// A page is one figure, ready to be drawn on any canvas.
type Page struct {
	Figure    string
	Heading   string // what it shows, where the figure's caption has no room for it
	Legend    Legend
	Titles    []string       // of the columns; none: no room for any
	Rows      [][]*plot.Plot // of panels, all equally long
	RowHeight vg.Length
	Gutter    vg.Length // left of the panels, for what they draw there
	Loud      []string  // of the caption: what nobody may overlook
	Lines     []string  // of the caption: the circumstances
}

func (p *Page) Size() (w, h vg.Length) { return PageWidth, p.height(PageWidth) }

// height is the page's height at that width.
func (p *Page) height(width vg.Length) vg.Length {
	inner := width - 2*Margin
	rows := vg.Length(len(p.Rows))*(p.RowHeight+rowGap) - rowGap
	return 2*Margin + p.Legend.height(inner) + p.titleHeight() + rows + p.captionHeight(inner)
}

func (p *Page) titleHeight() vg.Length {
	if len(p.Titles) == 0 {
		return 0
	}
	return titleHeight
}

func (p *Page) Draw(c draw.Canvas) {
	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())
	c = draw.Crop(c, Margin, -Margin, Margin, -Margin)
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
	for i, row := range plot.Align(p.Rows, tiles, c) {
		for j, canvas := range row {
			p.Rows[i][j].Draw(canvas)
			if i == 0 && len(p.Titles) > 0 {
				data := p.Rows[i][j].DataCanvas(canvas)
				c.FillText(title, vg.Point{X: data.Center().X, Y: c.Max.Y + titleSize/3}, p.Titles[j])
			}
		}
	}
}

func (p *Page) Picture() Picture {
	made := Picture{Name: p.Figure, Heading: p.Heading, Loud: p.Loud, Lines: p.Lines}
	for _, e := range p.Legend {
		sample := svg(sampleWidth+2*samplePad, sampleHeight+2*samplePad, func(c draw.Canvas) {
			e.Sample(draw.Crop(c, samplePad, -samplePad, samplePad, -samplePad))
		})
		made.Legend = append(made.Legend, Mark{e.Name, sample})
	}
	for _, part := range p.parts() {
		made.Panels = append(made.Panels, svg(part.width, part.page.height(part.width), part.page.Draw))
	}
	return made
}

// parts are the columns of panels, or all panels if there is one column, or one gutter for all.
func (p *Page) parts() []part {
	if len(p.Rows[0]) == 1 || p.Gutter > 0 {
		whole := *p
		whole.Legend, whole.Loud, whole.Lines = nil, nil, nil
		return []part{{&whole, PageWidth}}
	}
	var parts []part
	for i := range p.Rows[0] {
		parts = append(parts, part{p.column(i), partWidth})
	}
	return parts
}

// column is the page of one column of panels alone. Where only the first one names its y axis, this one does too.
func (p *Page) column(i int) *Page {
	c := &Page{RowHeight: p.RowHeight}
	if len(p.Titles) > 0 {
		c.Titles = p.Titles[i : i+1]
	}
	for _, row := range p.Rows {
		panel := *row[i]
		if panel.Y.Label.Text == "" {
			panel.Y.Label.Text = row[0].Y.Label.Text
		}
		c.Rows = append(c.Rows, []*plot.Plot{&panel})
	}
	return c
}
