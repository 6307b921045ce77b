package draw

import (
	"math"
	"slices"

	"github.com/powbench/powbench/plots/look"
	"github.com/powbench/powbench/plots/stat"
)

// A Form is what a series looks like.
type Form int

// The forms of series.
const (
	Lined   Form = iota // a line through markers
	Traced              // a line alone
	Marked              // markers alone
	Barred              // upright bars, Width wide
	Striped             // horizontal bars, Width wide
	Stacked             // likewise, each beginning where the series before ended
	Ticked              // short horizontal lines
	Upticks             // short upright lines
	Across              // a line across the panel at Y, without X
	Upright             // a line across the panel at X, without Y
)

// A Series is what a plotter shows of one thing, as numbers.
type Series struct {
	look.Look
	Form   Form
	What   string // it shows of the thing that the look is titled after, such as "network bound"; empty for the thing itself
	Dots   []Dot
	Names  []string // of the dots, if they have any
	Width  float64  // of bars, in places of the axis
	Hollow bool     // are the markers
	Small  bool     // are the markers
}

// Name says what it shows, such as "M-ABD, network bound".
func (s Series) Name() string {
	switch {
	case s.What == "":
		return s.Title
	case s.Title == "":
		return s.What
	}
	return s.Title + ", " + s.What
}

// What series show beside the thing itself.
const (
	// OfBound is the throughput that the network allows.
	OfBound     = "network bound"
	ofPredicted = "mean by the cost model"
)

func (l Curve) series() []Series {
	s := Series{Look: l.Look, What: l.What, Dots: l.Dots, Hollow: l.Hollow}
	switch {
	case l.Specks:
		s.Form, s.Small = Marked, true
	case l.Trace:
		s.Form = Traced
	}
	return []Series{s}
}

func (r Rule) series() []Series {
	s := Series{Look: r.Look, Form: Across, What: r.What, Dots: []Dot{{Y: stat.Exactly(r.At)}}}
	if r.Vertical {
		s.Form, s.Dots = Upright, []Dot{{X: stat.Exactly(r.At)}}
	}
	return []Series{s}
}

func (g Bars) series() []Series        { return barSeries(g, groupWidth) }
func (g LatencyBars) series() []Series { return barSeries(g.Bars, latencyGroupWidth) }

// barSeries is the bars of one look together, and what is at them.
func barSeries(groups [][]Bar, groupWidth float64) (all []Series) {
	at := map[string]int{}
	add := func(form Form, l look.Look, what string, width, x float64, y stat.Estimate) {
		key := l.Title + "\x00" + what
		i, had := at[key]
		if !had {
			i = len(all)
			at[key] = i
			all = append(all, Series{Look: l, Form: form, What: what, Width: width, Hollow: form == Marked})
		}
		all[i].Dots = append(all[i].Dots, Dot{stat.Exactly(x), y})
	}
	eachSlot(groups, groupWidth, func(b Bar, left, width float64) {
		x := left + width/2
		add(Barred, b.Look, "", 0.88*width, x, b.Height)
		for _, beside := range []struct {
			form Form
			what string
			y    float64
		}{
			{Ticked, OfBound, b.Bound},
			{Marked, "p50", b.P50},
			{Ticked, "p99", b.P99},
			{Ticked, ofPredicted + ", at least", b.Predicted.Low},
			{Ticked, ofPredicted + ", at most", b.Predicted.High},
		} {
			if beside.y > 0 {
				add(beside.form, b.Look, beside.what, 0, x, stat.Exactly(beside.y))
			}
		}
	})
	return all
}

func (s Strips) series() (all []Series) {
	for i, b := range s {
		if b.Gap {
			continue
		}
		y := stat.Exactly(-float64(i))
		all = append(all, Series{
			Look: b.Look, Form: Striped, Dots: []Dot{{b.Height, y}}, Names: []string{b.Label}, Width: stripWidth,
		})
		if b.Bound > 0 {
			all = append(all, Series{Look: b.Look, Form: Upticks, What: OfBound, Dots: []Dot{{stat.Exactly(b.Bound), y}}})
		}
	}
	return all
}

// Of stacks, a series is the parts of one look.
func (s Stacks) series() (all []Series) {
	for i, b := range s {
		for j, part := range b.Parts {
			if j == len(all) {
				all = append(all, Series{Look: part.Look, Form: Stacked, Width: stripWidth})
			}
			of := &all[j]
			of.Dots = append(of.Dots, Dot{stat.Exactly(part.Length), stat.Exactly(-float64(i))})
			of.Names = append(of.Names, b.Label)
		}
	}
	return all
}

func (s Slots) series() (all []Series) {
	for _, op := range []struct {
		what   string
		column float64
		of     func(int) (mean, p50, p99 float64)
	}{
		{"READ", readColumn, func(i int) (mean, p50, p99 float64) {
			l := s.Trials[i].ReadMs
			return l.Mean, l.P50, l.P99
		}},
		{"WRITE", writeColumn, func(i int) (mean, p50, p99 float64) {
			l := s.Trials[i].WriteMs
			return l.Mean, l.P50, l.P99
		}},
	} {
		mean := Series{Look: s.Look, Form: Marked, What: op.what, Hollow: op.what == "WRITE"}
		p50 := Series{Look: s.Look, Form: Ticked, What: op.what + " p50"}
		p99 := Series{Look: s.Look, Form: Ticked, What: op.what + " p99"}
		for i, t := range s.Trials {
			if t == nil || !t.Played() {
				continue
			}
			x := stat.Exactly(float64(i) + op.column)
			m, low, high := op.of(i)
			for _, of := range []struct {
				to *Series
				ms float64
			}{{&mean, m}, {&p50, low}, {&p99, high}} {
				if of.ms > 0 {
					of.to.Dots = append(of.to.Dots, Dot{x, stat.Exactly(math.Log10(of.ms))})
				}
			}
		}
		all = append(all, mean, p50, p99)
	}
	return all
}

func (m EventMarks) series() (all []Series) {
	for _, e := range m.Events {
		dashes := look.Of("", 1+slices.Index(m.Names, e.What)).Dashes // they tell events apart
		all = append(all, Series{
			Look: look.Look{Dashes: dashes}, Form: Upright, What: e.What, Dots: []Dot{{X: stat.Exactly(e.AtMs / 1e3)}},
		})
	}
	return all
}
