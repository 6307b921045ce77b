package plots

import (
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
)

func TestSummary(t *testing.T) {
	tables, err := Summary([]*result.Set{aborted(), withGaps()})
	if err != nil {
		t.Fatal(err)
	}
	checkGolden(t, "summary.txt", tables.Text())
	checkGolden(t, "summary.md", tables.Markdown())
	if text := tables.Text(); strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
		t.Error("the summary contains NaN or Inf")
	}
}

func TestSummaryOfNothing(t *testing.T) {
	tables, err := Summary([]*result.Set{synthetic("fig2a")})
	if err != nil || len(tables) != 1 || !strings.Contains(tables.Text(), "No valid run.") {
		t.Errorf("an empty set: %v\n%s", err, tables.Text())
	}
}

func TestSummaryShowsViolations(t *testing.T) {
	s := syntheticFigure("2b", 2)
	p := &s.Points[0]
	p.Linearizable.Verdict, p.Valid, p.InvalidReason = "violation", false, "history is not linearizable"
	tables, err := Summary([]*result.Set{s})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"ok 1, violation 1", "Left out 1 run: history is not linearizable."} {
		if !strings.Contains(tables.Text(), want) {
			t.Errorf("the summary should say %q", want)
		}
	}
}

func TestMarkdown(t *testing.T) {
	table := Table{Title: "T", Header: []string{"a", "b"}, Rows: [][]string{{"1|2", "3"}}, Notes: []string{"N."}}
	got := Tables{table}.Markdown()
	want := "### T\n\n| a | b |\n| --- | --- |\n| 1\\|2 | 3 |\n\nN.\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
