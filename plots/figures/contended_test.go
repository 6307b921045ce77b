package figures

import (
	"math"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/look"
)

// contended is a row of so many writers.
func contended(protocol string, writers, repetition int, restarts int64) result.Contended {
	return result.Contended{
		Protocol: protocol, Title: strings.ToUpper(protocol), T: 1, Writers: writers, Readers: 4, Repetition: repetition,
		Reads: 100, Rounds: map[int]int64{1: 90, 3: 10 - restarts/10}, Writes: int64(50 * writers), Restarts: restarts,
	}
}

// A curve for each protocol goes through the means of its repetitions, and READs that failed are in the caption.
func TestContended(t *testing.T) {
	rows := []result.Contended{
		contended("loft", 1, 1, 0), contended("loft", 1, 2, 0), contended("loft", 8, 1, 20), contended("loft", 8, 2, 40),
		contended("pasis", 1, 1, 0), contended("pasis", 8, 1, 0),
	}
	p, err := Contended(rows)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Rows) != 1 || len(p.Rows[0]) != 2 || len(p.Legend) != 2 || p.Legend[0].Name != "LOFT" {
		t.Fatalf("%d rows of panels, legend %+v", len(p.Rows), p.Legend)
	}
	curve := contendedCurve(look.Of("Loft", 1), rows[:4], func(r result.Contended) float64 { return r.PerRead(r.Restarts) })
	if last := curve.Dots[1]; len(curve.Dots) != 2 || last.X.Mean != 4 || math.Abs(last.Y.Mean-0.3) > 1e-9 || !last.Y.HasInterval() {
		t.Errorf("%+v", curve.Dots)
	}
	caption := strings.Join(p.Lines, " ")
	for _, want := range []string{"1 to 8 writers", "2 repetitions", "LOFT up to 4.00 %, beside 8 writers"} {
		if !strings.Contains(caption, want) {
			t.Errorf("no %q in %q", want, caption)
		}
	}
}

func TestContendedRefuses(t *testing.T) {
	other := contended("loft", 1, 1, 0)
	other.T = 2
	for want, rows := range map[string][]result.Contended{
		"powbench contend":       nil,
		"one figure cannot show": {contended("loft", 1, 1, 0), other},
	} {
		if _, err := Contended(rows); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
