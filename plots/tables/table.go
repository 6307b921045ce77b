// Package tables declares the tables of the evaluation: columns, rows and notes.
//
// It imports stat, frame and caption; sink, plots, report and claims import it.
package tables

import (
	"slices"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
)

// A Table is rows of text under a header, with what must be said about them.
type Table struct {
	Title  string
	Header []string
	Rows   [][]string // each as long as Header
	Notes  []string   // sentences below the table
	// What the rows are of, one for each row, or none: Cells the measurements, Trials the trials, Costs all repetitions of
	// a scheme's costs.
	Cells  []frame.Cell
	Trials []result.Trial
	Costs  [][]result.Cost
}

// Tables is a list of tables to read in a terminal or to publish.
type Tables []Table

// A column of a table declares what it says of a row.
type column[R any] struct {
	head string
	of   func(R) string
	// needed tells whether a row has something to say there: without any such row, the table lacks the column. nil:
	// it never does.
	needed func(R) bool
}

// tabulate makes the table with those columns and rows.
func tabulate[R any](title string, columns []column[R], rows []R, notes ...string) Table {
	columns = frame.Keep(columns, func(col column[R]) bool {
		return col.needed == nil || slices.ContainsFunc(rows, col.needed)
	})
	t := Table{Title: title, Notes: notes}
	for _, col := range columns {
		t.Header = append(t.Header, col.head)
	}
	for _, r := range rows {
		row := make([]string, len(columns))
		for i, col := range columns {
			row[i] = col.of(r)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// on makes columns of a part of a row.
func on[R, P any](part func(R) P, columns []column[P]) []column[R] {
	all := make([]column[R], len(columns))
	for i, col := range columns {
		all[i] = column[R]{head: col.head, of: func(r R) string { return col.of(part(r)) }}
		if col.needed != nil {
			all[i].needed = func(r R) bool { return col.needed(part(r)) }
		}
	}
	return all
}
