package figures

import (
	"fmt"
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

// TrialFigures makes the pages that the trials of the sets belong to.
func TrialFigures(sets []*result.Set) ([]*draw.Page, error) {
	trials, err := frame.TrialsOf(sets)
	if err != nil {
		return nil, err
	}
	var pages []*draw.Page
	for _, f := range []struct {
		name, heading string
		shown         []frame.Trial
		layOut        func([]frame.Trial) *draw.Page
	}{
		{"attacks", "Latency under each attack", frame.Attacks(trials), attacksPage},
		{"timeline", "Throughput and latency over time under attack", frame.Timelines(trials), timelinePage},
	} {
		if !slices.ContainsFunc(f.shown, frame.Trial.Played) {
			continue
		}
		if err := frame.Alike(f.shown); err != nil {
			return nil, fmt.Errorf("figure %s: %w", f.name, err)
		}
		p := f.layOut(f.shown)
		p.Figure, p.Heading = f.name, f.heading
		pages = append(pages, p)
	}
	return pages, nil
}

const (
	attacksHeight = 42 * vg.Millimeter // of a row
	markRoom      = 2.2                // above the largest latency, for what came of the attack
)

// attacksPage shows the latencies under each attack next to the fault-free ones, a row per protocol.
func attacksPage(trials []frame.Trial) *draw.Page {
	c := caption.TrialCaption(trials)
	p := &draw.Page{RowHeight: attacksHeight, Loud: c.Loud}
	ids := frame.AttackIDs(trials)
	protocols := frame.Each(trials, frame.PlayedBy)
	for _, protocol := range protocols {
		of := frame.Keep(trials, func(t frame.Trial) bool { return t.Protocol == protocol })
		p.Rows = append(p.Rows, []*plot.Plot{attackPanel(protocol, of, ids)})
	}
	alignAttacks(p.Rows, trials, ids)
	p.Legend = attacksLegend(trials)
	p.Lines = slices.Insert(c.Lines, 0, attackNames(trials))
	return p
}

// slotMarks show what came of an attack.
var slotMarks = map[result.Outcome]draw.SlotMark{result.NotPlayed: draw.MissingMark, result.Targetless: draw.NothingMark, result.Caught: draw.CaughtMark, result.Unexpected: draw.DoubtMark}

// attackPanel is a slot for each attack, with the latencies of one protocol.
func attackPanel(protocol string, trials []frame.Trial, ids []string) *plot.Plot {
	p := draw.NewPlot()
	p.Y.Label.Text = look.Name(protocol) + "\nlatency (ms)"
	s := draw.Slots{Look: look.Of(protocol), Cells: make([]*draw.Slot, len(ids))}
	for _, t := range trials {
		of := &draw.Slot{Read: t.ReadMs, Write: t.WriteMs, Mark: slotMarks[t.Outcome()]}
		s.Cells[slices.Index(ids, t.Attack)] = of
		if t.Attack == result.FaultFree && t.Played() {
			s.FaultFree = of
		}
	}
	p.Add(s)
	return p
}

// alignAttacks gives all panels the same axes; the attacks' IDs stand below the last.
func alignAttacks(rows [][]*plot.Plot, trials []frame.Trial, ids []string) {
	var latencies []float64
	for _, t := range trials {
		for _, l := range []result.Latency{t.ReadMs, t.WriteMs} {
			latencies = append(latencies, l.Mean, l.P50, l.P99)
		}
	}
	for i, row := range rows {
		p := row[0]
		draw.LogAxis(&p.Y, latencies, markRoom)
		p.X.Min, p.X.Max = -0.5, float64(len(ids))-0.5
		p.X.Tick.Marker = plot.ConstantTicks(nil)
		if i == len(rows)-1 {
			p.X.Tick.Marker = attackTicks(ids)
		}
		draw.TurnTicks(p)
	}
}

// attackTicks is a label for each attack.
func attackTicks(ids []string) plot.ConstantTicks {
	var ticks plot.ConstantTicks
	for i, id := range ids {
		if id == result.FaultFree {
			id = "fault-free"
		}
		ticks = append(ticks, plot.Tick{Value: float64(i), Label: id})
	}
	return ticks
}

// attackNames says which attack an ID stands for.
func attackNames(trials []frame.Trial) string {
	var names []string
	for _, id := range frame.AttackIDs(trials) {
		if id != result.FaultFree {
			names = append(names, frame.AttackName(id, trials))
		}
	}
	return fmt.Sprintf("Attacks: %s.", strings.Join(names, ", "))
}

// attacksLegend explains the marks, of outcomes only those that there are.
func attacksLegend(trials []frame.Trial) draw.Legend {
	l := draw.Legend{
		{Name: "READ mean", Sample: draw.MeanSample(false)},
		{Name: "WRITE mean", Sample: draw.MeanSample(true)},
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
		{result.Targetless, frame.NothingToAttack, draw.NothingSample},
		{result.Unexpected, "not as expected", draw.DoubtSample},
	} {
		if slices.ContainsFunc(trials, func(t frame.Trial) bool { return t.Outcome() == e.outcome }) {
			l = append(l, draw.Entry{Name: e.name, Sample: e.sample, Begins: begins})
			begins = false
		}
	}
	return l
}
