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
	"github.com/powbench/powbench/plots/stat"
)

// ofTrials makes the pages that the trials of the sets belong to.
func ofTrials(sets []*result.Set) ([]*draw.Page, error) {
	trials, err := frame.Trials(sets)
	if err != nil {
		return nil, err
	}
	var pages []*draw.Page
	for _, f := range []struct {
		name, heading string
		shown         []frame.Trial
		note          func([]frame.Trial) string
		layOut        func(*draw.Page, []frame.Trial)
	}{
		{"attacks", "Latency under each attack", frame.Attacks(trials), attackNames, layOutAttacks},
		{
			"timeline", "Throughput and latency over time under attack", frame.Keep(trials, frame.IsTimeline),
			timelineNote, layOutTimelines,
		},
	} {
		played := frame.Keep(f.shown, func(t frame.Trial) bool { return t.Played() })
		if len(played) == 0 {
			continue
		}
		if err := frame.SameTrials(f.shown); err != nil {
			return nil, fmt.Errorf("figure %s: %w", f.name, err)
		}
		c := caption.OfTrials(f.note(f.shown), f.shown)
		p := &draw.Page{Name: f.name, Heading: f.heading, Loud: c.Loud, Lines: c.Lines}
		f.layOut(p, f.shown)
		pages = append(pages, p)
	}
	return pages, nil
}

// attackNames says which attack an ID stands for.
func attackNames(trials []frame.Trial) string {
	var names []string
	for _, id := range frame.AttackIDs(trials) {
		if id != result.FaultFree {
			names = append(names, frame.Find(trials, func(t frame.Trial) bool { return t.Attack == id }).AttackName())
		}
	}
	note := fmt.Sprintf("Attacks: %s.", strings.Join(names, ", "))
	lacks := func(l result.Latency, operations int64) bool { return l.P99 > 0 && supported(l, operations).P99 == 0 }
	if slices.ContainsFunc(trials, func(t frame.Trial) bool {
		return lacks(t.ReadMs, t.Ops.Reads) || lacks(t.WriteMs, t.Ops.Writes)
	}) {
		note += fmt.Sprintf(" Only p50, a bar, where a trial has fewer than the %d operations that p99 takes.",
			result.PercentileNeeds(frame.P99))
	}
	return note
}

// layOutAttacks shows the latencies under each attack next to the fault-free ones, a row per protocol and a slot per attack.
// All panels have the same axes; the attacks' IDs stand below the last.
func layOutAttacks(p *draw.Page, trials []frame.Trial) {
	p.RowHeight = 42 * vg.Millimeter
	ids := frame.AttackIDs(trials)
	var ticks plot.ConstantTicks
	for i, id := range ids {
		ticks = append(ticks, plot.Tick{Value: float64(i), Label: strings.Replace(id, result.FaultFree, "fault-free", 1)})
	}
	trials = slices.Clone(trials)
	var latencies []float64
	for i := range trials {
		t := &trials[i]
		t.ReadMs, t.WriteMs = supported(t.ReadMs, t.Ops.Reads), supported(t.WriteMs, t.Ops.Writes)
		for _, l := range []result.Latency{t.ReadMs, t.WriteMs} {
			latencies = append(latencies, l.Mean, l.P50, l.P99)
		}
	}
	protocols := frame.Each(trials, func(t frame.Trial) frame.System { return t.System })
	for i, system := range protocols {
		panel := draw.NewPlot()
		panel.Y.Label.Text = system.Name() + "\nlatency (ms)"
		s := draw.Slots{Look: lookOf(system), Trials: make([]*result.Trial, len(ids))}
		for _, t := range trials {
			if t.System != system {
				continue
			}
			s.Trials[slices.Index(ids, t.Attack)] = &t.Trial
			if t.Attack == result.FaultFree && t.Played() {
				s.FaultFree = &t.Trial
			}
		}
		panel.Add(s)
		const markRoom = 2.2 // above the largest latency, for the outcome
		panel.LogY(latencies, markRoom, 0)
		panel.X.Min, panel.X.Max = -0.5, float64(len(ids))-0.5
		panel.X.Tick.Marker = plot.ConstantTicks(nil)
		if i == len(protocols)-1 {
			panel.X.Tick.Marker = ticks
		}
		draw.TurnTicks(panel)
		p.Rows = append(p.Rows, []*draw.Panel{panel})
	}
	p.Legend = attacksLegend(trials)
}

// supported is the latency without the percentiles for which the operations are too few.
func supported(l result.Latency, operations int64) result.Latency {
	l.P50 = frame.PercentileOf(frame.Median, l.P50, operations).Mean
	l.P99 = frame.PercentileOf(frame.P99, l.P99, operations).Mean
	return l
}

// attacksLegend explains the marks, of outcomes only those that there are.
func attacksLegend(trials []frame.Trial) draw.Legend {
	l := draw.Legend{
		{Name: "READ mean", Sample: draw.ReadMeanSample},
		{Name: "WRITE mean", Sample: draw.WriteMeanSample},
		{Name: "p50 to p99", Sample: draw.WhiskerSample},
		{Name: "fault-free means", Sample: draw.LevelsSample},
	}
	begins := true
	for _, e := range []struct {
		outcome result.Outcome
		name    string
		sample  draw.Sample
	}{
		{result.Caught, "harm, as expected, caught by the checkers", draw.CaughtSample},
		{result.Targetless, "nothing to attack", draw.NothingSample},
		{result.Unexpected, "not as expected", draw.DoubtSample},
	} {
		if slices.ContainsFunc(trials, func(t frame.Trial) bool { return t.Outcome() == e.outcome }) {
			l = append(l, draw.Entry{Name: e.name, Sample: e.sample, Begins: begins})
			begins = false
		}
	}
	return l
}

// timelineNote says what the panels show, and the harm that came of it.
func timelineNote(trials []frame.Trial) string {
	played := frame.Keep(trials, func(t frame.Trial) bool { return t.Played() })
	note := fmt.Sprintf("READs and WRITEs that ended in intervals of %.3g ms, and their latencies.", bucketMs(played[0]))
	for _, t := range played {
		if t.Outcome() == result.Caught {
			note += fmt.Sprintf(" As expected, the checkers caught harm to %s: %s.", t.System.Name(), t.HarmsDone())
		}
	}
	return note
}

// layOutTimelines shows throughput and latency over time, a column per protocol, on the same axes.
func layOutTimelines(p *draw.Page, trials []frame.Trial) {
	p.RowHeight = 46 * vg.Millimeter
	trials = frame.Keep(trials, func(t frame.Trial) bool { return t.Played() })
	var events []string // their places, from 1, are their numbers
	var end, top float64
	var latencies []float64
	for _, t := range trials {
		for _, e := range t.Events {
			events = frame.AppendNew(events, e.What)
		}
		end = max(end, t.DurationS)
		for _, m := range rates(t) {
			top = max(top, m.Y.Mean)
		}
		for _, b := range t.Timeline {
			latencies = append(latencies, b.Read.MeanMs, b.Read.MaxMs, b.Write.MeanMs, b.Write.MaxMs)
		}
	}
	p.Rows = make([][]*draw.Panel, 2)
	for _, t := range trials {
		rate, latency := draw.NewPlot(), draw.NewPlot()
		trace := func(what string, dots []draw.Dot) draw.Curve {
			return draw.Curve{Look: look.Look{Color: lookOf(t.System).Color}, What: what, Dots: dots, Trace: true}
		}
		slowest := trace("slowest operation", logs(t, func(b result.Bucket) float64 { return max(b.Read.MaxMs, b.Write.MaxMs) }))
		reads := trace("READ", logs(t, func(b result.Bucket) float64 { return b.Read.MeanMs }))
		writes := trace("WRITE", logs(t, func(b result.Bucket) float64 { return b.Write.MeanMs }))
		slowest.Specks, writes.Dashes = true, draw.WriteDashes
		rate.Add(draw.EventMarks{Events: t.Events, Names: events, Numbered: true}, trace("throughput", rates(t)))
		latency.Add(draw.EventMarks{Events: t.Events, Names: events}, slowest, reads, writes)
		const eventRoom = 1.25 // above the largest throughput, for the events' numbers
		rate.Y.Max = draw.Limit(top) * eventRoom
		latency.LogY(latencies, 1, 0)
		for i, panel := range []*draw.Panel{rate, latency} {
			panel.X.Min, panel.X.Max = 0, max(end, 1)
			p.Rows[i] = append(p.Rows[i], panel)
		}
		rate.X.Tick.Marker = draw.UnlabelledTicks
		latency.X.Label.Text = "Time (s)"
		p.Titles = append(p.Titles, t.System.Name())
	}
	p.Rows[0][0].Y.Label.Text, p.Rows[1][0].Y.Label.Text = "Throughput (ops/s)", "Latency (ms)"
	p.Legend = draw.Legend{
		{Name: "mean latency of READs", Sample: draw.ReadTraceSample},
		{Name: "of WRITEs", Sample: draw.WriteTraceSample},
		{Name: "of the slowest operation", Sample: draw.SpecksSample},
	}
	for i, what := range events { // each in a row of its own if need be
		p.Legend = append(p.Legend, draw.Entry{Name: what, Sample: draw.EventSample(i + 1), Begins: i == 0})
	}
}

// logs is the decimal logarithms of a value of every bucket, at its middle, with gaps where no operation ended.
func logs(t frame.Trial, of func(result.Bucket) float64) (all []draw.Dot) {
	for _, b := range t.Timeline {
		d := draw.Dot{X: stat.Exactly((b.AtMs + bucketMs(t)/2) / 1e3)}
		if of(b) > 0 {
			d.Y = stat.Exactly(math.Log10(of(b)))
		}
		all = append(all, d)
	}
	return all
}

// rates is the throughput in operations per second. A last bucket of which the trial had less than half is left out.
func rates(t frame.Trial) (all []draw.Dot) {
	for _, b := range t.Timeline {
		length := min(bucketMs(t), 1e3*t.DurationS-b.AtMs)
		if length < bucketMs(t)/2 {
			break
		}
		rate := float64(b.Read.Ops+b.Write.Ops) / length * 1e3
		all = append(all, draw.Dot{X: stat.Exactly((b.AtMs + length/2) / 1e3), Y: stat.Exactly(rate)})
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
