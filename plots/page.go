package plots

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// The page: legend above, rows of panels, caption below.
const (
	pageWidth   = 160 * vg.Millimeter
	panelHeight = 66 * vg.Millimeter // of the only row
	margin      = 2 * vg.Millimeter
	panelGap    = 5 * vg.Millimeter
	rowGap      = 2.5 * vg.Millimeter
	legendSize  = 7 * vg.Millimeter // of one row
	titleHeight = 7 * vg.Millimeter
)

// A page is one figure, ready to be drawn on any canvas.
type page struct {
	figure    string
	heading   string // what it shows, where the figure's caption has no room for it
	legend    legend
	titles    []string       // of the columns; none: no room for any
	rows      [][]*plot.Plot // of panels, all equally long
	rowHeight vg.Length
	gutter    vg.Length // left of the panels, for what they draw there
	loud      []string  // of the caption: what nobody may overlook
	lines     []string  // of the caption: the circumstances
}

func (p *page) size() (w, h vg.Length) { return pageWidth, p.height(pageWidth) }

// height is the page's height at that width.
func (p *page) height(width vg.Length) vg.Length {
	inner := width - 2*margin
	rows := vg.Length(len(p.rows))*(p.rowHeight+rowGap) - rowGap
	return 2*margin + p.legend.height(inner) + p.titleHeight() + rows + p.captionHeight(inner)
}

func (p *page) titleHeight() vg.Length {
	if len(p.titles) == 0 {
		return 0
	}
	return titleHeight
}

func (p *page) draw(c draw.Canvas) {
	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())
	c = draw.Crop(c, margin, -margin, margin, -margin)
	captionHeight := p.captionHeight(c.Size().X)
	p.drawCaption(draw.Crop(c, 0, 0, 0, captionHeight-c.Size().Y))
	c = draw.Crop(c, 0, 0, captionHeight, 0)
	p.legend.draw(c)
	p.drawPanels(draw.Crop(c, 0, 0, 0, -p.legend.height(c.Size().X)))
}

// drawPanels draws the rows of panels with the columns' titles above.
func (p *page) drawPanels(c draw.Canvas) {
	c = draw.Crop(c, p.gutter, 0, 0, -p.titleHeight())
	title := sans(titleSize)
	title.XAlign = draw.XCenter
	tiles := draw.Tiles{Rows: len(p.rows), Cols: len(p.rows[0]), PadX: panelGap, PadY: rowGap}
	for i, row := range plot.Align(p.rows, tiles, c) {
		for j, canvas := range row {
			p.rows[i][j].Draw(canvas)
			if i == 0 && len(p.titles) > 0 {
				data := p.rows[i][j].DataCanvas(canvas)
				c.FillText(title, vg.Point{X: data.Center().X, Y: c.Max.Y + titleSize/3}, p.titles[j])
			}
		}
	}
}
