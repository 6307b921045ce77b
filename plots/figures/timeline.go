package figures

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/caption"
	"github.com/powbench/powbench/plots/draw"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/look"
)

const (
	timelineHeight = 46 * vg.Millimeter // of a row
	eventRoom      = 1.25               // above the largest throughput, for the events' numbers
)

// timelinePage shows throughput and latency over time, a column per protocol.
func timelinePage(trials []frame.Trial) *draw.Page {
	c := caption.TrialCaption(trials)
	p := &draw.Page{RowHeight: timelineHeight, Loud: c.Loud}
	trials = frame.Keep(trials, frame.Trial.Played)
	events := eventsOf(trials)
	var rates, latencies []*plot.Plot
	for _, t := range trials {
		p.Titles = append(p.Titles, look.Name(t.Protocol))
		rates = append(rates, throughputOverTime(t, events))
		latencies = append(latencies, latencyOverTime(t, events))
	}
	rates[0].Y.Label.Text, latencies[0].Y.Label.Text = "Throughput (ops/s)", "Latency (ms)"
	p.Rows = [][]*plot.Plot{rates, latencies}
	alignTimes(p.Rows, trials)
	p.Legend = timelineLegend(events)
	p.Lines = slices.Insert(c.Lines, 0, timelineText(trials))
	return p
}

// timelineText says what the panels show, and the harm that came of it.
func timelineText(trials []frame.Trial) string {
	text := fmt.Sprintf("READs and WRITEs that ended in intervals of %.3g ms, and their latencies.", bucketMs(trials[0]))
	for _, t := range trials {
		if t.Outcome() == result.Caught {
			text += fmt.Sprintf(" As expected, the checkers caught harm to %s: %s.",
				look.Name(t.Protocol), strings.Join(t.HarmsDone(), ", "))
		}
	}
	return text
}

// alignTimes gives all panels the same time axis, and those of a row the same y axis.
func alignTimes(rows [][]*plot.Plot, trials []frame.Trial) {
	var end, top float64
	var latencies []float64
	for _, t := range trials {
		end = max(end, t.DurationS)
		for _, m := range rates(t) {
			top = max(top, m.Value)
		}
		for _, b := range t.Timeline {
			latencies = append(latencies, b.Read.MeanMs, b.Read.MaxMs, b.Write.MeanMs, b.Write.MaxMs)
		}
	}
	for i := range rows[0] {
		rows[0][i].Y.Max = draw.Limit(top) * eventRoom
		draw.LogAxis(&rows[1][i].Y, latencies, 1)
		for _, row := range rows {
			row[i].X.Min, row[i].X.Max = 0, max(end, 1)
		}
		rows[0][i].X.Tick.Marker = unlabelled(draw.RoundTicks)
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
func throughputOverTime(t frame.Trial, events []string) *plot.Plot {
	p := draw.NewPlot()
	l := look.Of(t.Protocol)
	p.Add(draw.EventMarks{Events: t.Events, Names: events, Numbered: true}, draw.Trace{Color: l.Color, Dashes: nil, Moments: rates(t)})
	return p
}

// latencyOverTime is the mean of READs and of WRITEs, and the slowest operation of each interval.
func latencyOverTime(t frame.Trial, events []string) *plot.Plot {
	p := draw.NewPlot()
	l := look.Of(t.Protocol)
	p.Add(draw.EventMarks{Events: t.Events, Names: events, Numbered: false})
	p.Add(draw.Specks{Color: l.Color, Moments: logMoments(t, func(b result.Bucket) float64 { return max(b.Read.MaxMs, b.Write.MaxMs) })})
	p.Add(draw.Trace{
		Color: l.Color, Dashes: nil,
		Moments: logMoments(t, func(b result.Bucket) float64 { return b.Read.MeanMs }),
	})
	p.Add(draw.Trace{
		Color: l.Color, Dashes: draw.WriteDashes,
		Moments: logMoments(t, func(b result.Bucket) float64 { return b.Write.MeanMs }),
	})
	return p
}

// logMoments is the decimal logarithms of a value of every bucket; -∞ where there is none.
func logMoments(t frame.Trial, of func(result.Bucket) float64) []draw.Moment {
	var all []draw.Moment
	for _, b := range t.Timeline {
		all = append(all, draw.Moment{S: (b.AtMs + bucketMs(t)/2) / 1e3, Value: math.Log10(of(b))})
	}
	return all
}

// rates is the throughput in operations per second. A last bucket of which the trial had less than half is left out.
func rates(t frame.Trial) []draw.Moment {
	var all []draw.Moment
	for _, b := range t.Timeline {
		length := min(bucketMs(t), 1e3*t.DurationS-b.AtMs)
		if length < bucketMs(t)/2 {
			break
		}
		all = append(all, draw.Moment{S: (b.AtMs + length/2) / 1e3, Value: float64(b.Read.Ops+b.Write.Ops) / length * 1e3})
	}
	return all
}

// bucketMs is how long a bucket of the timeline is.
func bucketMs(t frame.Trial) float64 {
	if len(t.Timeline) < 2 {
		return 1e3 * t.DurationS
	}
	return t.Timeline[1].AtMs - t.Timeline[0].AtMs
}

// eventsOf is what happened in the trials; its place in the list, from 1, is an event's number.
func eventsOf(trials []frame.Trial) []string {
	var all []string
	for _, t := range trials {
		for _, e := range t.Events {
			all = frame.AppendNew(all, e.What)
		}
	}
	return all
}

// timelineLegend explains the traces and, each in a row of its own if need be, the numbers of the events.
func timelineLegend(events []string) draw.Legend {
	l := draw.Legend{
		{Name: "mean latency of READs", Sample: draw.TraceSample(nil)},
		{Name: "of WRITEs", Sample: draw.TraceSample(draw.WriteDashes)},
		{Name: "of the slowest operation", Sample: draw.SpecksSample},
	}
	for i, what := range events {
		l = append(l, draw.Entry{Name: what, Sample: draw.BadgeSample(i + 1), Begins: i == 0})
	}
	return l
}
