package plots

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"github.com/powbench/powbench/harness/result"
)

const (
	attacksHeight = 42 * vg.Millimeter // of a row
	markRoom      = 2.2                // above the largest latency, for what came of the attack
)

// attacksPage shows the latencies under each attack next to the fault-free ones, a row per protocol.
func attacksPage(trials []trial) *page {
	c := trialCaption(trials)
	p := &page{rowHeight: attacksHeight, loud: c.loud}
	ids := attackIDs(trials)
	protocols := each(trials, playedBy)
	for _, protocol := range protocols {
		of := keep(trials, func(t trial) bool { return t.Protocol == protocol })
		p.rows = append(p.rows, []*plot.Plot{attackPanel(protocol, of, ids)})
	}
	alignAttacks(p.rows, trials, ids)
	p.legend = attacksLegend(trials)
	p.lines = slices.Insert(c.lines, 0, attackNames(trials))
	return p
}

// slotMarks show what came of an attack.
var slotMarks = map[outcome]slotMark{notPlayed: missingMark, noTarget: nothingMark, caught: caughtMark, unexpected: doubtMark}

// attackPanel is a slot for each attack, with the latencies of one protocol.
func attackPanel(protocol string, trials []trial, ids []string) *plot.Plot {
	p := newPlot()
	p.Y.Label.Text = protocolName(protocol) + "\nlatency (ms)"
	s := slots{look: lookOf(protocol), cells: make([]*slot, len(ids))}
	for _, t := range trials {
		of := &slot{t.ReadMs, t.WriteMs, slotMarks[t.outcome()]}
		s.cells[slices.Index(ids, t.Attack)] = of
		if t.Attack == faultFree && t.played() {
			s.faultFree = of
		}
	}
	p.Add(s)
	return p
}

// alignAttacks gives all panels the same axes; the attacks' IDs stand below the last.
func alignAttacks(rows [][]*plot.Plot, trials []trial, ids []string) {
	var latencies []float64
	for _, t := range trials {
		for _, l := range []result.Latency{t.ReadMs, t.WriteMs} {
			latencies = append(latencies, l.Mean, l.P50, l.P99)
		}
	}
	for i, row := range rows {
		p := row[0]
		logAxis(&p.Y, latencies, markRoom)
		p.X.Min, p.X.Max = -0.5, float64(len(ids))-0.5
		p.X.Tick.Marker = plot.ConstantTicks(nil)
		if i == len(rows)-1 {
			p.X.Tick.Marker = attackTicks(ids)
		}
		turnTicks(p)
	}
}

// attackTicks is a label for each attack.
func attackTicks(ids []string) plot.ConstantTicks {
	var ticks plot.ConstantTicks
	for i, id := range ids {
		if id == faultFree {
			id = "fault-free"
		}
		ticks = append(ticks, plot.Tick{Value: float64(i), Label: id})
	}
	return ticks
}

// attackNames says which attack an ID stands for.
func attackNames(trials []trial) string {
	var names []string
	for _, id := range attackIDs(trials) {
		if id != faultFree {
			names = append(names, attackName(id, trials))
		}
	}
	return fmt.Sprintf("Attacks: %s.", strings.Join(names, ", "))
}
