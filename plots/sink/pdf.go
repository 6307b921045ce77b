package sink

import (
	"bytes"
	"cmp"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"strings"
	"sync"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// pdf is a canvas that draws on the one page of a PDF document. In gonum's own, text has the letters of Windows' code page alone, µ
// and the dash among those that come out wrong, and fonts are embedded whole. Here text is Unicode, and of a font are embedded the
// letters that occur. Operators are those of ISO 32000-1, whose coordinates are a vg.Canvas's: points from the lower left.
type pdf struct {
	doc    *fpdf.Fpdf
	w, h   vg.Length
	widths []vg.Length       // of lines, as pushed
	fonts  map[string]string // the document's names of faces, by theirs
	images int
	err    error
}

var _ vg.CanvasWriterTo = (*pdf)(nil)

// undated has documents say that they are of 1970 and list their parts sorted, so that the same results make the same file.
var undated = sync.OnceFunc(func() {
	fpdf.SetDefaultCreationDate(time.Unix(0, 0).UTC())
	fpdf.SetDefaultModificationDate(time.Unix(0, 0).UTC())
	fpdf.SetDefaultCatalogSort(true)
})

// newPDF is an empty page.
func newPDF(w, h vg.Length) *pdf {
	undated()
	c := &pdf{
		doc: fpdf.NewCustom(&fpdf.InitType{UnitStr: "pt", Size: fpdf.SizeType{Wd: w.Points(), Ht: h.Points()}}),
		w:   w, h: h, widths: make([]vg.Length, 1), fonts: map[string]string{},
	}
	c.doc.SetMargins(0, 0, 0)
	c.doc.SetAutoPageBreak(false, 0)
	c.doc.AddPage()
	vg.Initialize(c)
	return c
}

// Size implements vg.CanvasSizer.
func (c *pdf) Size() (w, h vg.Length) { return c.w, c.h }

// put writes an operator behind its operands.
func (c *pdf) put(operator string, operands ...float64) {
	c.doc.RawWriteStr(operandsOf(operands) + operator)
}

func operandsOf(numbers []float64) string {
	var b strings.Builder
	for _, x := range numbers {
		fmt.Fprintf(&b, "%.5g ", math.Round(x*1e4)/1e4)
	}
	return b.String()
}

// SetLineWidth implements vg.Canvas.
func (c *pdf) SetLineWidth(w vg.Length) {
	c.widths[len(c.widths)-1] = w
	c.put("w", w.Points())
}

// SetLineDash implements vg.Canvas.
func (c *pdf) SetLineDash(pattern []vg.Length, offset vg.Length) {
	var lengths []float64
	for _, l := range pattern {
		lengths = append(lengths, l.Points())
	}
	c.doc.RawWriteStr("[" + operandsOf(lengths) + "] " + operandsOf([]float64{offset.Points()}) + "d")
}

// SetColor implements vg.Canvas.
func (c *pdf) SetColor(to color.Color) {
	if to == nil {
		to = color.Black
	}
	of := color.NRGBAModel.Convert(to).(color.NRGBA)
	r, g, b := float64(of.R)/255, float64(of.G)/255, float64(of.B)/255
	c.put("RG", r, g, b)
	c.put("rg", r, g, b)
	c.doc.SetAlpha(float64(of.A)/255, "Normal")
}

// Rotate implements vg.Canvas.
func (c *pdf) Rotate(angle float64) {
	sin, cos := math.Sincos(angle)
	c.put("cm", cos, sin, -sin, cos, 0, 0)
}

// Translate implements vg.Canvas.
func (c *pdf) Translate(by vg.Point) { c.put("cm", 1, 0, 0, 1, by.X.Points(), by.Y.Points()) }

// Scale implements vg.Canvas.
func (c *pdf) Scale(x, y float64) { c.put("cm", x, 0, 0, y, 0, 0) }

// Push implements vg.Canvas.
func (c *pdf) Push() {
	c.widths = append(c.widths, c.widths[len(c.widths)-1])
	c.put("q")
}

// Pop implements vg.Canvas.
func (c *pdf) Pop() {
	c.widths = c.widths[:len(c.widths)-1]
	c.put("Q")
}

// Stroke implements vg.Canvas. A line without a width is none, though PDF would draw it as thin as it can.
func (c *pdf) Stroke(p vg.Path) {
	if c.widths[len(c.widths)-1] > 0 {
		c.path(p)
		c.put("S")
	}
}

// Fill implements vg.Canvas.
func (c *pdf) Fill(p vg.Path) {
	c.path(p)
	c.put("f")
}

func (c *pdf) path(p vg.Path) {
	for i, part := range p {
		x, y := part.Pos.X.Points(), part.Pos.Y.Points()
		switch part.Type {
		case vg.MoveComp:
			c.put("m", x, y)
		case vg.LineComp:
			c.put("l", x, y)
		case vg.CurveComp:
			control := part.Control
			if len(control) == 1 { // a quadratic curve as a cubic one: its control points are two thirds of the way
				control = []vg.Point{p[i-1].Pos.Add(control[0].Sub(p[i-1].Pos).Scale(2. / 3)), part.Pos.Add(control[0].Sub(part.Pos).Scale(2. / 3))}
			}
			c.put("c", control[0].X.Points(), control[0].Y.Points(), control[1].X.Points(), control[1].Y.Points(), x, y)
		case vg.ArcComp:
			c.arc(part, i == 0)
		case vg.CloseComp:
			c.put("h")
		}
	}
}

// arc draws a circle's arc as curves of at most a quarter, which are off by less than a thousandth of its radius. The path goes to the
// arc's beginning in a line, or begins there.
func (c *pdf) arc(of vg.PathComp, begins bool) {
	r, x, y := of.Radius.Points(), of.Pos.X.Points(), of.Pos.Y.Points()
	on := func(angle, tangent float64) (float64, float64) { // a point of the circle, moved along its tangent
		sin, cos := math.Sincos(angle)
		return x + r*(cos-tangent*sin), y + r*(sin+tangent*cos)
	}
	startX, startY := on(of.Start, 0)
	if begins {
		c.put("m", startX, startY)
	} else {
		c.put("l", startX, startY)
	}
	n := math.Ceil(math.Abs(of.Angle) / (math.Pi / 2))
	part := of.Angle / math.Max(n, 1)
	k := 4. / 3 * math.Tan(part/4)
	for i := range int(n) {
		from := of.Start + float64(i)*part
		x1, y1 := on(from, k)
		x2, y2 := on(from+part, -k)
		x3, y3 := on(from+part, 0)
		c.put("c", x1, y1, x2, y2, x3, y3)
	}
}

// FillString implements vg.Canvas.
func (c *pdf) FillString(face font.Face, at vg.Point, text string) {
	if face.Font.Size == 0 {
		return
	}
	name, known := c.fonts[face.Name()]
	if !known {
		var data bytes.Buffer
		if _, err := face.Face.WriteSourceTo(nil, &data); err != nil {
			c.err = fmt.Errorf("embed font %s: %w", face.Name(), err)
			return
		}
		name = fmt.Sprintf("a%c+%s", 'a'+len(c.fonts), face.Name())
		c.fonts[face.Name()] = name
		c.doc.AddUTF8FontFromBytes(name, "", data.Bytes())
	}
	c.doc.SetFont(name, "", face.Font.Size.Points())
	c.doc.Text(at.X.Points(), (c.h - at.Y).Points(), text) // it counts from the upper edge
}

// DrawImage implements vg.Canvas.
func (c *pdf) DrawImage(to vg.Rectangle, img image.Image) {
	var data bytes.Buffer
	if err := png.Encode(&data, img); err != nil {
		c.err = err
		return
	}
	c.images++
	name, size := fmt.Sprintf("image %d", c.images), to.Size()
	options := fpdf.ImageOptions{ImageType: "png"}
	c.doc.RegisterImageOptionsReader(name, options, &data)
	c.doc.ImageOptions(name, to.Min.X.Points(), (c.h - to.Max.Y).Points(), size.X.Points(), size.Y.Points(), false, options, 0, "")
}

// WriteTo implements io.WriterTo.
func (c *pdf) WriteTo(w io.Writer) (int64, error) {
	var data bytes.Buffer
	if err := c.doc.Output(&data); err != nil || c.err != nil {
		return 0, fmt.Errorf("make a PDF: %w", cmp.Or(c.err, err))
	}
	n, err := w.Write(c.tagged(data.Bytes()))
	return int64(n), err
}

// tagged gives the fonts the names that subsets must have (ISO 32000-1, 9.6.4): six capital letters, a plus, and that of the face. The
// library calls them utf8 and the name, in small letters; this is as long, so that nothing moves.
func (c *pdf) tagged(document []byte) []byte {
	for face, name := range c.fonts {
		tag, _, _ := strings.Cut(name, "+")
		document = bytes.ReplaceAll(document, []byte("/utf8"+strings.ToLower(name)), []byte("/UTFX"+strings.ToUpper(tag)+"+"+face))
	}
	return document
}
