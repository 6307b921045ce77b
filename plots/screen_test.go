package plots

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/sink"
)

// screenLines is what a terminal shows of the sets.
func screenLines(t *testing.T, sets []*result.Set) []string {
	t.Helper()
	all, err := Screen(sets)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(sink.String(all, sink.Text), "\n"), "\n")
}

// What is printed fits a terminal of 80 columns, whatever the results.
func TestScreenFits(t *testing.T) {
	all := reference(t)
	long := syntheticFigure("2a", 3)
	long.Manifest.Title, long.Manifest.Experiment = strings.Repeat("a long title ", 12), strings.Repeat("experiment", 9)
	cases := [][]*result.Set{all, {long}, {long, all[0]}, slices.Repeat([]*result.Set{long}, 50)}
	for _, s := range all {
		cases = append(cases, []*result.Set{s})
	}
	for _, sets := range cases {
		lines := screenLines(t, sets)
		if len(lines) > 50 || len(lines) < 4 {
			t.Errorf("%s, %d sets: %d lines", sets[0].Dir, len(sets), len(lines))
		}
		for _, l := range lines {
			if n := utf8.RuneCountInString(l); n > 80 {
				t.Errorf("%s: a line of %d columns: %s", sets[0].Dir, n, l)
			}
		}
	}
}

// What a set varies has a column, however long its names; what it does not is said once.
func TestScreenTellsSetUpsApart(t *testing.T) {
	s := syntheticFigure("setup", 1)
	for i := range s.Points {
		s.Points[i].Figure = ""
	}
	for i, p := range s.Points[:2] {
		p.Op, p.Suite, p.Durability, p.Attack = result.OpRead, result.Modern, []string{"memory", "fsync"}[i], "B1"
		s.Points = append(s.Points, p)
	}
	all, err := Screen([]*result.Set{s})
	if err != nil {
		t.Fatal(err)
	}
	table, seen := all[0], map[string]bool{}
	for _, row := range table.Rows {
		what := strings.Join(row[:slices.Index(table.Header, "MB/s")], " ")
		if seen[what] {
			t.Errorf("two measurements are called %q", what)
		}
		seen[what] = true
	}
	for _, want := range []string{"suite", "durability", "attack"} {
		if !slices.Contains(table.Header, want) {
			t.Errorf("no column %q in %q", want, table.Header)
		}
	}
	if want := "All with t 1, value 256KiB."; table.Notes[0] != want {
		t.Errorf("note %q, want %q", table.Notes[0], want)
	}
}

// Of costs, the screen has every scheme at the ends of t.
func TestScreenOfCosts(t *testing.T) {
	s, err := result.Read("../results/reference/tables/table1")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(screenLines(t, []*result.Set{s}), "\n")
	for _, want := range []string{"construct, t=1 ", "verify, t=10", "polynomial-sealed", "ed25519"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}
