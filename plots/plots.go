// Package plots draws the figures and writes the tables of the evaluation from result sets alone: it knows the schema
// of results, and nothing of how they came about.
//
// Numbers are means over repetitions with 95 % confidence intervals by Student's t. Only valid points count; how many
// were left out is said under the figure and in the table. Whatever would make a figure say something untrue (points of
// different set-ups in one, of a network that was not shaped, of a history that is not linearizable) is either refused
// or printed in bold above the caption.
//
// The packages below it do the work; each imports only those before it: stat, look, frame, caption, draw, figures, tables,
// sink.
package plots

import (
	"io"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/draw"
	"github.com/powbench/powbench/plots/figures"
	"github.com/powbench/powbench/plots/sink"
	"github.com/powbench/powbench/plots/tables"
)

// Draw draws every figure that points, trials and costs of the sets belong to into dir, as SVG, PDF and PNG, and returns
// the files that it wrote, as sink.Draw does.
func Draw(sets []*result.Set, dir string) ([]string, error) { return sink.Draw(sets, dir) }

// Pictures makes a picture of each figure that Draw would draw of the sets, and refuses what Draw refuses.
func Pictures(sets []*result.Set) ([]draw.Picture, error) { return figures.Pictures(sets) }

// Summary tabulates everything that the sets measured, as tables.Summary does.
func Summary(sets []*result.Set) (tables.Tables, error) { return tables.Summary(sets) }

// TrialList tabulates the trials of the sets one by one.
func TrialList(sets []*result.Set) (tables.Table, error) { return tables.TrialList(sets) }

// Compare sets run B against run A, point by point, as tables.Compare does.
func Compare(a, b *result.Set) (tables.Tables, error) { return tables.Compare(a, b) }

// Export writes the set's valid points in the Go benchmark format, which benchstat reads.
func Export(w io.Writer, s *result.Set) error { return sink.Export(w, s) }
