package figures

import (
	"image/color"
	"slices"
	"strings"

	"github.com/powbench/powbench/plots/draw"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/look"
)

// curveLooks tells the curves of a figure of one's own apart by the conditions that differ: the first, which is the protocol if
// protocols differ, by colour, the others by marker and dashes.
type curveLooks struct {
	differ []condition
	cells  []frame.Cell
}

// series is the looks of the cells' curves: neither an axis nor the facet stands for what differs.
func (choice Choice) series(cells []frame.Cell, facet condition) curveLooks {
	along := choice.X
	if _, err := conditionOf(along); err != nil { // then the curve leads through numbers of clients, or rates
		along = "clients"
		if slices.ContainsFunc(cells, frame.IsOpen) {
			along = "rate"
		}
	}
	s := curveLooks{cells: cells}
	for _, c := range conditions {
		if c.name != facet.name && c.name != along && !(choice.Peaks && c.name == "clients") && len(frame.Distinct(cells, c.of)) > 1 {
			s.differ = append(s.differ, c)
		}
	}
	return s
}

// first is what the curve's colour stands for.
func (s curveLooks) first(c frame.Cell) string {
	if len(s.differ) == 0 {
		return c.System.Plain().Name()
	}
	return s.differ[0].label(c)
}

// rest is what its marker and dashes stand for; empty if its look is the colour's.
func (s curveLooks) rest(c frame.Cell) string {
	var parts []string
	for _, d := range s.differ[min(1, len(s.differ)):] {
		parts = append(parts, d.label(c))
	}
	return strings.Join(parts, ", ")
}

// name is the curve's in full.
func (s curveLooks) name(c frame.Cell) string {
	return strings.TrimSuffix(s.first(c)+", "+s.rest(c), ", ")
}

// look is the cell's curve's.
func (s curveLooks) look(c frame.Cell) look.Look {
	l := s.colour(c)
	l.Title = s.name(c)
	if rest := s.rest(c); rest != "" {
		of := look.Of("", 1+slices.Index(frame.Each(s.cells, s.rest), rest))
		l.Marker, l.Dashes = of.Marker, of.Dashes
	}
	return l
}

// colour is the protocol's look, as in all figures, or else one by the place of what differs.
func (s curveLooks) colour(c frame.Cell) look.Look {
	orders := func(c frame.Cell) int { return c.System.Order }
	if names := frame.Each(s.cells, s.first); (len(s.differ) > 0 && s.differ[0].name != "protocol") ||
		len(frame.Each(s.cells, orders)) < len(names) {
		return look.Of("", 1+slices.Index(names, s.first(c)))
	}
	return lookOf(c.System)
}

// legend explains the curves: each, or colours and, in a row below, markers and dashes.
func (s curveLooks) legend() (l draw.Legend) {
	several := len(s.differ) > 1
	var names []string
	for _, c := range s.cells {
		if name := s.first(c); !slices.Contains(names, name) {
			names = append(names, name)
			sample := draw.CurveSample(s.look(c))
			if several {
				sample = draw.TraceSample(look.Look{Color: s.colour(c).Color})
			}
			l = append(l, draw.Entry{Name: name, Sample: sample})
		}
	}
	for i, rest := range frame.Each(s.cells, s.rest) {
		if !several {
			break
		}
		of := look.Of("", i+1)
		of.Color = color.Black
		l = append(l, draw.Entry{Name: rest, Sample: draw.CurveSample(of), Begins: i == 0})
	}
	return l
}
