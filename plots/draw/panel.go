package draw

import (
	"math"

	"gonum.org/v1/plot"
)

// A Panel is one chart of a page. It keeps what is added to it, so that others than a plot can show the same.
type Panel struct {
	*plot.Plot
	XLog, YLog Log
	Blank      bool // it fills a row and shows nothing
	shown      []plot.Plotter
}

// A Log says that places on an axis are logarithms of the numbers there: number = Base^(place−Shift). For the zero Log they
// are the numbers.
type Log struct{ Base, Shift float64 }

// Number is the number at a place.
func (l Log) Number(place float64) float64 {
	if l.Base == 0 {
		return place
	}
	return math.Pow(l.Base, place-l.Shift)
}

// Add adds plotters, as plot.Plot does.
func (p *Panel) Add(all ...plot.Plotter) {
	p.Plot.Add(all...)
	p.shown = append(p.shown, all...)
}

// Series are what the panel shows, in the order in which it was added. Numbers are places on the panel's axes.
func (p *Panel) Series() (all []Series) {
	for _, x := range p.shown {
		if s, ok := x.(interface{ series() []Series }); ok {
			all = append(all, s.series()...)
		}
	}
	return all
}

// LogY makes the y axis one of decimal logarithms, from 1, 2 or 5 times a power of ten below all values to such a one
// above, times room. Places are higher by shift, and labels are in units of 10^shift: logarithms of small numbers, too, are
// then above 0. Values of 0 and less are not on the axis.
func (p *Panel) LogY(values []float64, room, shift float64) {
	logAxis(&p.Y, values, room, shift)
	p.YLog = Log{10, shift}
}

// LogX makes the x axis one of decimal logarithms, as LogY does.
func (p *Panel) LogX(values []float64, room, shift float64) {
	logAxis(&p.X, values, room, shift)
	p.XLog = Log{10, shift}
}

// plots are the panels as plot.Align takes them.
func plots(rows [][]*Panel) (all [][]*plot.Plot) {
	for _, row := range rows {
		var own []*plot.Plot
		for _, p := range row {
			own = append(own, p.Plot)
		}
		all = append(all, own)
	}
	return all
}
