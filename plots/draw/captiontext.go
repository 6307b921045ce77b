package draw

import (
	"image/color"
	"strings"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
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
