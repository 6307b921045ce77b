package plots

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"github.com/powbench/powbench/harness/result"
)

const (
	timelineHeight = 46 * vg.Millimeter // of a row
	eventRoom      = 1.25               // above the largest throughput, for the events' numbers
)

const (
	traceWidth  = vg.Length(1.1)
	speckRadius = vg.Length(0.9)
)

// writeDashes tell WRITEs from READs, which are solid.
var writeDashes = []vg.Length{3, 1.5}

// timelinePage shows throughput and latency over time, a column per protocol.
func timelinePage(trials []trial) *page {
	c := trialCaption(trials)
	p := &page{rowHeight: timelineHeight, loud: c.loud}
	trials = keep(trials, trial.played)
	events := eventsOf(trials)
	var rates, latencies []*plot.Plot
	for _, t := range trials {
		p.titles = append(p.titles, protocolName(t.Protocol))
		rates = append(rates, throughputOverTime(t, events))
		latencies = append(latencies, latencyOverTime(t, events))
	}
	rates[0].Y.Label.Text, latencies[0].Y.Label.Text = "Throughput (ops/s)", "Latency (ms)"
	p.rows = [][]*plot.Plot{rates, latencies}
	alignTimes(p.rows, trials)
	p.legend = timelineLegend(events)
	p.lines = slices.Insert(c.lines, 0, timelineText(trials))
	return p
}

// timelineText says what the panels show, and the harm that came of it.
func timelineText(trials []trial) string {
	text := fmt.Sprintf("READs and WRITEs that ended in intervals of %.3g ms, and their latencies.", bucketMs(trials[0]))
	for _, t := range trials {
		if t.outcome() == caught {
			text += fmt.Sprintf(" As expected, the checkers caught harm to %s: %s.",
				protocolName(t.Protocol), strings.Join(t.harms(), ", "))
		}
	}
	return text
}

// alignTimes gives all panels the same time axis, and those of a row the same y axis.
func alignTimes(rows [][]*plot.Plot, trials []trial) {
	var end, top float64
	var latencies []float64
	for _, t := range trials {
		end = max(end, t.DurationS)
		for _, m := range rates(t) {
			top = max(top, m.value)
		}
		for _, b := range t.Timeline {
			latencies = append(latencies, b.Read.MeanMs, b.Read.MaxMs, b.Write.MeanMs, b.Write.MaxMs)
		}
	}
	for i := range rows[0] {
		rows[0][i].Y.Max = limit(top) * eventRoom
		logAxis(&rows[1][i].Y, latencies, 1)
		for _, row := range rows {
			row[i].X.Min, row[i].X.Max = 0, max(end, 1)
		}
		rows[0][i].X.Tick.Marker = unlabelled(roundTicks)
		rows[1][i].X.Label.Text = "Time (s)"
	}
}

// unlabelled makes ticks without labels, for panels that stand above another with the same axis.
func unlabelled(ticks plot.TickerFunc) plot.Ticker {
	return plot.TickerFunc(func(low, high float64) []plot.Tick {
		all := ticks(low, high)
		for i := range all {
			all[i].Label = ""
		}
		return all
	})
}

// throughputOverTime is READs and WRITEs together.
func throughputOverTime(t trial, events []string) *plot.Plot {
	p := newPlot()
	l := lookOf(t.Protocol)
	p.Add(eventMarks{t.Events, events, true}, trace{l.color, nil, rates(t)})
	return p
}

// latencyOverTime is the mean of READs and of WRITEs, and the slowest operation of each interval.
func latencyOverTime(t trial, events []string) *plot.Plot {
	p := newPlot()
	l := lookOf(t.Protocol)
	p.Add(eventMarks{t.Events, events, false})
	p.Add(specks{l.color, logMoments(t, func(b result.Bucket) float64 { return max(b.Read.MaxMs, b.Write.MaxMs) })})
	p.Add(trace{
		l.color, nil,
		logMoments(t, func(b result.Bucket) float64 { return b.Read.MeanMs }),
	})
	p.Add(trace{
		l.color, writeDashes,
		logMoments(t, func(b result.Bucket) float64 { return b.Write.MeanMs }),
	})
	return p
}

// A moment is a value in the middle of an interval, s seconds after the load began.
type moment struct{ s, value float64 }

// logMoments is the decimal logarithms of a value of every bucket; -∞ where there is none.
func logMoments(t trial, of func(result.Bucket) float64) []moment {
	var all []moment
	for _, b := range t.Timeline {
		all = append(all, moment{(b.AtMs + bucketMs(t)/2) / 1e3, math.Log10(of(b))})
	}
	return all
}

// rates is the throughput in operations per second. A last bucket of which the trial had less than half is left out.
func rates(t trial) []moment {
	var all []moment
	for _, b := range t.Timeline {
		length := min(bucketMs(t), 1e3*t.DurationS-b.AtMs)
		if length < bucketMs(t)/2 {
			break
		}
		all = append(all, moment{(b.AtMs + length/2) / 1e3, float64(b.Read.Ops+b.Write.Ops) / length * 1e3})
	}
	return all
}

// bucketMs is how long a bucket of the timeline is.
func bucketMs(t trial) float64 {
	if len(t.Timeline) < 2 {
		return 1e3 * t.DurationS
	}
	return t.Timeline[1].AtMs - t.Timeline[0].AtMs
}

// eventsOf is what happened in the trials; its place in the list, from 1, is an event's number.
func eventsOf(trials []trial) []string {
	var all []string
	for _, t := range trials {
		for _, e := range t.Events {
			all = appendNew(all, e.What)
		}
	}
	return all
}

// timelineLegend explains the traces and, each in a row of its own if need be, the numbers of the events.
func timelineLegend(events []string) legend {
	l := legend{
		{name: "mean latency of READs", sample: traceSample(nil)},
		{name: "of WRITEs", sample: traceSample(writeDashes)},
		{name: "of the slowest operation", sample: specksSample},
	}
	for i, what := range events {
		l = append(l, entry{what, badgeSample(i + 1), i == 0})
	}
	return l
}
