package plots

import (
	"errors"
	"fmt"
	"slices"

	"github.com/powbench/powbench/harness/result"
)

// ErrNoPoints says that a set has nothing to compare or export.
var ErrNoPoints = errors.New("no points there: name the folder of a run of an experiment that measured some")

// Compare sets run B against run A, point by point: throughput, mean and 99th percentile of the latency, each as B / A
// with its 95 % confidence interval and a verdict; the points of only one of them; and the circumstances that differ. It
// refuses what Cells refuses, and sets without points.
func Compare(a, b *result.Set) (Tables, error) {
	inA, err := pointsOf(a)
	if err != nil {
		return nil, err
	}
	inB, err := pointsOf(b)
	if err != nil {
		return nil, err
	}
	couples, onlyA, onlyB := match(inA, inB, searched(a) && searched(b))
	tables := changeTables(couples)
	if len(onlyA)+len(onlyB) > 0 {
		tables = append(tables, onlyTable(onlyA, onlyB))
	}
	circumstances, err := circumstancesTable(a.Manifest, b.Manifest)
	circumstances.Notes = []string{sideNote("A", inA), sideNote("B", inB)}
	return append(tables, circumstances), err
}

func pointsOf(s *result.Set) ([]Cell, error) {
	if len(s.Points) == 0 {
		return nil, fmt.Errorf("%s: %w", s.Dir, ErrNoPoints)
	}
	return Cells([]*result.Set{s})
}

// changeTables is a table for each aspect. The first says how to read them all.
func changeTables(couples []couple) Tables {
	var tables Tables
	found := findings(couples)
	for i, aspect := range aspects {
		of := keep(found, func(f finding) bool { return f.aspect == i })
		if len(of) > 0 {
			tables = append(tables, changeTable(aspect.title, aspect.higherIsBetter, of))
		}
	}
	if len(tables) > 0 {
		tables[0].Notes = []string{changeNote, chanceNote(found)}
	}
	return tables
}

const changeNote = "A and B: mean ± half of the 95 % confidence interval. B/A: of the geometric means, with its 95 % confidence " +
	"interval (Welch's t on the logarithms; both runs' repetitions are independent). faster, slower: the interval excludes 1, " +
	"also by Holm's method, which regards all intervals together; with a question mark: only by itself. " + tooFew +
	": fewer than 2 valid repetitions in one of the runs, none that differ, or an interval so wide that 10 % could hide in " +
	"it. The intervals are of the noise within the runs: what else differs from run to run, such as the state of the machine, " +
	"is not in them. Where both runs searched for the number of clients and chose different ones, only throughputs compare."

// chanceNote says how many differences would be found if there was none.
func chanceNote(found []finding) string {
	found = keep(found, func(f finding) bool { return f.change.hasInterval() })
	exclude := keep(found, func(f finding) bool { return f.change.excludes1() })
	hold := keep(exclude, func(f finding) bool { return f.holds })
	return fmt.Sprintf("If nothing had changed, about %.1f of %s would exclude 1 by chance; %d do, %d of them by Holm's method "+
		"too.", (1-confidence)*float64(len(found)), count(len(found), "interval"), len(exclude), len(hold))
}

func changeTable(title string, higherIsBetter bool, found []finding) Table {
	var cells []Cell
	for _, f := range found {
		cells = append(cells, f.couple.a, f.couple.b)
	}
	columns := neededColumns(pointColumns, cells)
	t := Table{Title: title, Header: append(heads(columns), "n", "A", "B", "B/A", "verdict")}
	for _, f := range found {
		row := make([]string, len(columns))
		for i, col := range columns {
			row[i] = ofBoth(col, f.couple)
		}
		t.Rows = append(t.Rows, append(row, fmt.Sprintf("%d, %d", len(f.couple.a.Valid), len(f.couple.b.Valid)),
			f.change.a.String(), f.change.b.String(), f.change.String(), f.change.verdict(higherIsBetter, f.holds)))
	}
	return t
}

// onlyTable lists the measurements that only one of the runs has.
func onlyTable(onlyA, onlyB []Cell) Table {
	columns := neededColumns(pointColumns, slices.Concat(onlyA, onlyB))
	t := Table{Title: "Points in only one of the two", Header: append([]string{"only in"}, heads(columns)...)}
	for i, side := range [][]Cell{onlyA, onlyB} {
		for _, c := range side {
			t.Rows = append(t.Rows, append([]string{string(rune('A' + i))}, rowOf(columns, c)...))
		}
	}
	return t
}

// sideNote says what A or B is, what of it was left out, and what a reader must know of it.
func sideNote(side string, cells []Cell) string {
	runs, invalid := 0, 0
	for _, c := range cells {
		runs, invalid = runs+len(c.All()), invalid+len(c.Invalid)
	}
	note := fmt.Sprintf("%s: %s, %s, %d of them invalid.", side, cells[0].Set.Dir, count(runs, "run"), invalid)
	for _, reason := range invalidReasons(cells) {
		note += " " + reason
	}
	for _, w := range warnings(cells[0].Set) {
		note += " " + w + "."
	}
	return note
}

// ofBoth is what the column says of both, or of A and of B where they differ.
func ofBoth(col column, c couple) string {
	a, b := col.of(c.a), col.of(c.b)
	if a != b {
		return a + ", " + b
	}
	return a
}
