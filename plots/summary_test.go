package plots

import (
	"slices"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
)

func TestSummary(t *testing.T) {
	tables, err := Summary([]*result.Set{aborted(), withGaps()})
	if err != nil {
		t.Fatal(err)
	}
	checkGolden(t, "summary.txt", textOf(tables))
	checkGolden(t, "summary.md", markdownOf(tables))
	if text := textOf(tables); strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
		t.Error("the summary contains NaN or Inf")
	}
}

// The WAN has a table of its own, and no ratios of a throughput that nothing limits but the delays.
func TestSummaryOfWAN(t *testing.T) {
	tables, err := Summary([]*result.Set{syntheticFigure("2c", 1), byPair(), syntheticFigure("wan", 2)})
	if err != nil {
		t.Fatal(err)
	}
	if len(tables) != 3 || len(tables[0].Rows) != 30 || len(tables[1].Rows) != 18+30 || len(tables[2].Rows) != 20+4 {
		t.Fatalf("%d tables, want the LAN's, the WAN's, and ratios for Figure 2(c) and saturation in the WAN", len(tables))
	}
	checkGolden(t, "summary-wan.md", markdownOf(tables[1:2]))
	lan := strings.Join(tables[0].Header, " ")
	for _, head := range []string{"predicted ms", "mean is", "keys", "writer beside"} {
		if !slices.Contains(tables[1].Header, head) || strings.Contains(lan, head) {
			t.Errorf("%q should be a column of the WAN's table alone: %v", head, tables[1].Header)
		}
	}
}

func TestSummaryHidesNothingOfTheLoad(t *testing.T) {
	s := syntheticFigure("2b", 1)
	s.Points[0].KeyModel, s.Points[1].Background.Share = "hot", 0.0123
	s.Points[0].Valid = false // what an invalid repetition did is told, too
	tables, err := Summary([]*result.Set{s})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"keys", "hot", "uniform", "writer beside", "1.23 %"} {
		if !strings.Contains(textOf(tables[:1]), want) {
			t.Errorf("the LAN's table should say %q:\n%s", want, textOf(tables[:1]))
		}
	}
}

func TestSummaryOfNothing(t *testing.T) {
	tables, err := Summary([]*result.Set{synthetic("fig2a")})
	if err != nil || len(tables) != 1 || !strings.Contains(textOf(tables), "No valid run.") {
		t.Errorf("an empty set: %v\n%s", err, textOf(tables))
	}
}

func TestSummaryShowsViolations(t *testing.T) {
	s := syntheticFigure("2b", 2)
	p := &s.Points[0]
	p.Linearizable.Code, p.Valid, p.InvalidReason = "violation", false, "history is not linearizable"
	tables, err := Summary([]*result.Set{s})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"ok 1, violation 1", "Left out 1 run: history is not linearizable."} {
		if !strings.Contains(textOf(tables), want) {
			t.Errorf("the summary should say %q", want)
		}
	}
}
