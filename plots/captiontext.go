package plots

import (
	"image/color"
	"strings"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

const (
	loudSize = labelSize
	leading  = 1.25 // from line to line, in multiples of the size
)

// loudColor is dark enough to read as black in print.
var loudColor = color.RGBA{0xB0, 0x00, 0x00, 0xFF}

func loudStyle() text.Style {
	s := sans(loudSize)
	s.Color = loudColor
	return s
}

// captionHeight is the caption's height at that width.
func (p *page) captionHeight(width vg.Length) vg.Length {
	h := captionSize / 2
	p.eachLine(width, func(s text.Style, _ string) { h += s.Font.Size * leading })
	return h
}

// drawCaption draws the caption from the top of the canvas down.
func (p *page) drawCaption(on draw.Canvas) {
	y := on.Max.Y - captionSize/2
	p.eachLine(on.Size().X, func(s text.Style, line string) {
		y -= s.Font.Size * leading
		on.FillText(s, vg.Point{X: on.Min.X, Y: y + s.FontExtents().Descent}, line)
	})
}

// eachLine calls do with every line of the caption, broken to the width.
func (p *page) eachLine(width vg.Length, do func(s text.Style, line string)) {
	for _, part := range []struct {
		style text.Style
		lines []string
	}{{loudStyle(), p.loud}, {sans(captionSize), p.lines}} {
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
