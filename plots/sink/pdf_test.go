package sink

import (
	"bytes"
	"image"
	"image/color"
	_ "image/png" // what pdftoppm makes
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/vg"
)

// drawn is a PDF that do draws, in a file.
func drawn(t *testing.T, do func(*pdf)) string {
	t.Helper()
	c := newPDF(vg.Points(200), vg.Points(100))
	do(c)
	var data bytes.Buffer
	if n, err := c.WriteTo(&data); err != nil || n != int64(data.Len()) {
		t.Fatalf("%d bytes of %d: %v", n, data.Len(), err)
	}
	file := filepath.Join(t.TempDir(), "drawn.pdf")
	if err := os.WriteFile(file, data.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// said is what a program of Poppler's says of the file.
func said(t *testing.T, program string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("skipped: %s: no %s: install poppler-utils", t.Name(), program)
	}
	out, err := exec.Command(path, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", program, err, out)
	}
	return string(out)
}

// Text is Unicode, whatever is drawn around it, and turned or not; the font is embedded once, with the letters that occur.
func TestTextOfPDF(t *testing.T) {
	const text, turned = "From 1 µs – ‘or less’ – to ∞ … ≤ 5 % (±2)", "READ ‖ WRITE \\ ()"
	face := font.NewCache(liberation.Collection()).Lookup(font.Font{Typeface: "Liberation", Variant: "Sans"}, vg.Points(9))
	file := drawn(t, func(c *pdf) {
		c.Push()
		c.FillString(face, vg.Point{X: 10, Y: 80}, text)
		c.Pop()
		c.FillString(face, vg.Point{X: 10, Y: 60}, "again µ")
		c.Push()
		c.Rotate(math.Pi / 2)
		c.FillString(face, vg.Point{X: 2, Y: -190}, turned)
		c.Pop()
	})
	out := said(t, "pdftotext", file, "-")
	for _, want := range []string{text, "again µ", turned} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing: %s", want, out)
		}
	}
	fonts := strings.Split(strings.TrimSpace(said(t, "pdffonts", file)), "\n")
	if len(fonts) != 3 || !strings.HasPrefix(fonts[2], "UTFXAA+Liberation") {
		t.Errorf("fonts: %s", fonts)
	}
	if info, err := os.Stat(file); err != nil || info.Size() > 60<<10 {
		t.Errorf("a line of text takes %d bytes: %v", info.Size(), err)
	}
}

// What is drawn lies where it was asked for, in the colour that was asked for.
func TestShapesOfPDF(t *testing.T) {
	file := drawn(t, func(c *pdf) {
		c.SetColor(color.NRGBA{R: 255, A: 255})
		var square, disc vg.Path
		for i, p := range []vg.Point{{X: 10, Y: 10}, {X: 50, Y: 10}, {X: 50, Y: 50}, {X: 10, Y: 50}} {
			if i == 0 {
				square.Move(p)
			} else {
				square.Line(p)
			}
		}
		square.Close()
		c.Fill(square)
		c.Push()
		c.Translate(vg.Point{X: 100, Y: 50})
		c.SetColor(color.NRGBA{B: 255, A: 255})
		disc.Arc(vg.Point{}, 30, 0, 2*3.14159265)
		disc.Close()
		c.Fill(disc)
		c.Pop()
		c.SetColor(color.NRGBA{G: 255, A: 255})
		c.SetLineWidth(4)
		var line vg.Path
		line.Move(vg.Point{X: 150, Y: 90})
		line.Line(vg.Point{X: 190, Y: 90})
		c.Stroke(line)
		c.SetLineWidth(0)
		var none vg.Path
		none.Move(vg.Point{X: 150, Y: 70})
		none.Line(vg.Point{X: 190, Y: 70})
		c.Stroke(none)
		c.DrawImage(vg.Rectangle{Min: vg.Point{X: 150, Y: 10}, Max: vg.Point{X: 190, Y: 30}}, image.NewGray(image.Rect(0, 0, 2, 2)))
	})
	picture := strings.TrimSuffix(file, ".pdf")
	said(t, "pdftoppm", "-r", "72", "-png", "-singlefile", file, picture)
	f, err := os.Open(picture + ".png")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, _, err := image.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []struct {
		x, y int // from the lower left
		want color.RGBA
	}{
		{30, 30, color.RGBA{255, 0, 0, 255}},
		{60, 30, color.RGBA{255, 255, 255, 255}},
		{100, 50, color.RGBA{0, 0, 255, 255}},
		{100, 77, color.RGBA{0, 0, 255, 255}},
		{120, 70, color.RGBA{0, 0, 255, 255}},
		{125, 75, color.RGBA{255, 255, 255, 255}},
		{170, 90, color.RGBA{0, 255, 0, 255}},
		{170, 70, color.RGBA{255, 255, 255, 255}},
		{170, 20, color.RGBA{0, 0, 0, 255}},
		{170, 50, color.RGBA{255, 255, 255, 255}},
	} {
		r, g, b, _ := img.At(p.x, img.Bounds().Dy()-p.y).RGBA()
		if got := (color.RGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 255}); got != p.want {
			t.Errorf("at %d, %d: %v, want %v", p.x, p.y, got, p.want)
		}
	}
}
