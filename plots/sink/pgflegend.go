package sink

import (
	"bytes"
	"fmt"
	"image/color"
	"slices"
	"strings"

	"github.com/powbench/powbench/plots/draw"
)

// A pgfLegend explains each thing that series are titled after once, and once in black what else they show of it.
type pgfLegend []pgfEntry

type pgfEntry struct{ name, style string }

// pgfLegendOf is the legend of all panels.
func pgfLegendOf(p *draw.Page) pgfLegend {
	var things, marks pgfLegend
	eachPanel(p, func(_ string, panel *draw.Panel) {
		for _, s := range panel.Series() {
			if s.What == "" {
				things = things.with(s.Title, s)
			}
		}
	})
	eachPanel(p, func(_ string, panel *draw.Panel) {
		for _, s := range panel.Series() {
			if s.What == "" {
				continue
			}
			if s.Title != "" && !things.has(s.Title) { // all that there is of it is something else
				plain := draw.Series{Look: s.Look, Form: draw.Marked}
				things = things.with(s.Title, plain)
			}
			s.Color, s.Fill = color.Black, nil
			if s.Title != "" && (s.Form == draw.Across || s.Form == draw.Upright) {
				s.Dashes = nil // each has its thing's
			}
			marks = marks.with(s.What, s)
		}
	})
	return slices.Concat(things, marks)
}

func (l pgfLegend) has(name string) bool {
	return slices.ContainsFunc(l, func(e pgfEntry) bool { return e.name == name })
}

// with is the legend with the series' look under that name, unless it has it or there is no name.
func (l pgfLegend) with(name string, s draw.Series) pgfLegend {
	if name == "" || l.has(name) {
		return l
	}
	style := strings.Join(pgfStyle(s), ", ")
	switch s.Form {
	case draw.Barred, draw.Striped, draw.Stacked:
		style = fmt.Sprintf("area legend, color=%s, fill=%s", rgb(s.Color), rgb(s.Fill))
	}
	return append(l, pgfEntry{name, style})
}

// columns are as many as the panels' width has room for.
func (l pgfLegend) columns() int {
	const letter, sample = 1.7, 9. // mm
	longest := 0
	for _, e := range l {
		longest = max(longest, len([]rune(e.name)))
	}
	return max(1, min(len(l), int((2*pgfPanel+pgfGap)/(sample+letter*float64(longest)))))
}

// write writes the entries.
func (l pgfLegend) write(b *bytes.Buffer) {
	for _, e := range l {
		fmt.Fprintf(b, "\\addlegendimage{%s}\n\\addlegendentry{%s}\n", e.style, TeX(e.name))
	}
}
