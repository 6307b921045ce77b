package plots

import (
	"slices"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/draw"
)

func pictures(t *testing.T, sets ...*result.Set) []draw.Picture {
	t.Helper()
	all, err := Pictures(sets)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A picture's parts say what the page says: titles and axes in the panels, names in the legend, the rest as text.
func TestPictures(t *testing.T) {
	s := syntheticFigure("2b", 3)
	s.Manifest.Title, s.Manifest.Quick = "Peaks", true
	p := pictures(t, s)[0]
	if p.Name != "2b" || p.Heading != "Figure 2(b): Peaks" || len(p.Panels) != 2 {
		t.Fatalf("picture %s, %q with %d panels", p.Name, p.Heading, len(p.Panels))
	}
	for i, title := range []string{">READ<", ">WRITE<"} {
		for _, want := range []string{title, "Peak throughput (MB/s)", "Failure threshold t"} {
			if !strings.Contains(p.Panels[i], want) {
				t.Errorf("panel %d lacks %q", i, want)
			}
		}
	}
	var names []string
	for _, m := range p.Legend {
		names = append(names, m.Name)
	}
	if want := []string{"M-PoWerStore", "M-ABD", "Phalanx", "network bound"}; !slices.Equal(names, want) {
		t.Errorf("the legend is of %v, want %v", names, want)
	}
	if !slices.ContainsFunc(p.Loud, func(s string) bool { return strings.Contains(s, "QUICK RUN") }) {
		t.Errorf("loud is %q", p.Loud)
	}
	for _, svg := range append(p.Panels, p.Legend[0].Sample) {
		if !strings.HasPrefix(svg, "<svg") || strings.Contains(svg, "QUICK RUN") || strings.Contains(svg, "@font-face") {
			t.Errorf("no part of a picture: %.80s", svg)
		}
	}
}

// Panels that share the first one's y axis name it when they stand alone.
func TestColumnsStandAlone(t *testing.T) {
	for _, p := range pictures(t, syntheticTrials()) {
		switch p.Name {
		case "timeline":
			for i, panel := range p.Panels {
				if !strings.Contains(panel, "Throughput (ops/s)") || !strings.Contains(panel, "Latency (ms)") {
					t.Errorf("panel %d of the timeline does not name its axes", i)
				}
			}
		case "attacks":
			if len(p.Panels) != 1 || strings.Contains(p.Panels[0], "fault-free means") {
				t.Errorf("%d panels of the attacks, want one without the legend", len(p.Panels))
			}
		}
	}
}

func TestTrialList(t *testing.T) {
	s := syntheticTrials()
	list, err := TrialList([]*result.Set{s})
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Rows) != len(s.Trials) || len(list.Trials) != len(s.Trials) {
		t.Errorf("%d rows and %d trials of %d", len(list.Rows), len(list.Trials), len(s.Trials))
	}
	for i, row := range list.Rows {
		if len(row) != len(list.Header) || row[0] != titles[list.Trials[i].Protocol] {
			t.Errorf("row %d is %v of %s", i, row, list.Trials[i].Protocol)
		}
	}
	if none, err := TrialList([]*result.Set{syntheticFigure("2a", 1)}); err != nil || len(none.Rows) != 0 {
		t.Errorf("without trials: %v, %v", none.Rows, err)
	}
}
