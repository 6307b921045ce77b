package draw

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/plot"
)

func TestLogAxis(t *testing.T) {
	for _, c := range []struct {
		values    []float64
		low, high float64
		labels    string
	}{
		{[]float64{1.2, 0, 7}, 1, 10, "1 2 5 10"},
		{[]float64{1, 10}, 0.5, 20, "0.5 1 2 5 10 20"},
		{[]float64{0.5}, 0.2, 1, "0.2 0.5 1"},
		{[]float64{0.03, 410}, 0.02, 500, "0.1 1 10 100"},
		{[]float64{0, 0}, 0.5, 2, "0.5 1 2"},
		{nil, 0.5, 2, "0.5 1 2"},
		{[]float64{3, 1900}, 2, 2000, "10 100 1000"},
	} {
		p := plot.New()
		logAxis(&p.Y, c.values, 1, 0)
		if low, high := math.Pow(10, p.Y.Min), math.Pow(10, p.Y.Max); math.Abs(low/c.low-1)+math.Abs(high/c.high-1) > 1e-9 {
			t.Errorf("%v are on an axis from %v to %v, want %v to %v", c.values, low, high, c.low, c.high)
		}
		var labels []string
		for _, tick := range p.Y.Tick.Marker.Ticks(p.Y.Min, p.Y.Max) {
			labels = append(labels, tick.Label)
		}
		if got := strings.Join(labels, " "); got != c.labels {
			t.Errorf("%v have ticks %s, want %s", c.values, got, c.labels)
		}
	}
}

func TestLegendBreaksIntoRows(t *testing.T) {
	var l Legend
	for _, name := range []string{"M-PoWerStore", "M-ABD", "Phalanx", "PoWerStore", "null protocol", "network bound"} {
		l = append(l, Entry{Name: name})
	}
	const width = pageWidth - 2*margin
	if rows := l.rows(width); len(rows) != 2 || rows[0].width() > width || rows[1].width() > width {
		t.Errorf("%d rows for %d entries, want 2 that fit", len(rows), len(l))
	}
}
