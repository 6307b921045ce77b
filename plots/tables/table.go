// Package tables declares the tables of the evaluation.
//
// It imports stat, look, frame and caption; plots, report and claims import it.
package tables

import (
	"fmt"
	"strings"
	"text/tabwriter"

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

// Text formats the table as aligned columns.
func (t Table) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", t.Title)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{t.Header}, t.Rows...) {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	w.Flush() // a strings.Builder takes everything
	for _, n := range t.Notes {
		fmt.Fprintf(&b, "\n%s\n", n)
	}
	return b.String()
}

// Markdown formats the table as GitHub writes it.
func (t Table) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n", t.Title)
	rule := strings.Split(strings.Repeat("---,", len(t.Header)-1)+"---", ",")
	for _, row := range append([][]string{t.Header, rule}, t.Rows...) {
		fmt.Fprintf(&b, "| %s |\n", strings.ReplaceAll(strings.Join(row, "\x00"), "|", `\|`))
	}
	for _, n := range t.Notes {
		fmt.Fprintf(&b, "\n%s\n", n)
	}
	return strings.ReplaceAll(b.String(), "\x00", " | ")
}

// Tables is a list of tables to read in a terminal or to publish.
type Tables []Table

// Text formats the tables as aligned columns.
func (ts Tables) Text() string { return ts.join(Table.Text) }

// Markdown formats the tables as GitHub writes them.
func (ts Tables) Markdown() string { return ts.join(Table.Markdown) }

func (ts Tables) join(format func(Table) string) string {
	parts := make([]string, len(ts))
	for i, t := range ts {
		parts[i] = format(t)
	}
	return strings.Join(parts, "\n")
}
