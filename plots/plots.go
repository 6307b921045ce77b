// Package plots draws the figures and writes the tables of the evaluation from result sets alone: it knows the schema
// of results, and nothing of how they came about.
//
// Numbers are means over repetitions with 95 % confidence intervals by Student's t. Only valid points count; how many
// were left out is said under the figure and in the table. Whatever would make a figure say something untrue (points of
// different set-ups in one, of a network that was not shaped, of a history that is not linearizable) is either refused
// or printed in bold above the caption.
//
// The packages below it do the work: stat, look < frame < profiles < caption, draw < figures, tables < sink. Each imports only those
// to its left.
package plots

import (
	"io"
	"os"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/draw"
	"github.com/powbench/powbench/plots/figures"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/sink"
	"github.com/powbench/powbench/plots/tables"
)

// Draw draws every figure that points, trials and costs of the sets belong to into dir, as SVG, PDF and PNG, and returns the
// files that it wrote: dir/fig2a.svg and so on, dir/figattacks.svg and dir/figtimeline.svg for trials, dir/figtable1.svg for
// costs, and dir/figprofile.svg for profiled points. It leaves other points without a figure alone. It writes nothing if what one of the figures would show does not belong
// together.
func Draw(sets []*result.Set, dir string) ([]string, error) {
	pages, err := figures.All(sets)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	images := &sink.Images{Dir: dir}
	for _, p := range pages {
		if err := images.Figure(p); err != nil {
			return images.Files, err
		}
	}
	return images.Files, nil
}

// Pictures makes a picture of each figure that Draw would draw of the sets, and refuses what Draw refuses.
func Pictures(sets []*result.Set) ([]draw.Picture, error) {
	pages, err := figures.All(sets)
	pictures := make([]draw.Picture, len(pages))
	for i, p := range pages {
		pictures[i] = p.Picture()
	}
	return pictures, err
}

// Summary tabulates everything that the sets measured, as tables.Summary does.
func Summary(sets []*result.Set) (tables.Tables, error) { return tables.Summary(sets) }

// TrialList tabulates the trials of the sets one by one, as tables.TrialList does.
func TrialList(sets []*result.Set) (tables.Table, error) { return tables.TrialList(sets) }

// Compare sets run B against run A, point by point, as tables.Compare does.
func Compare(a, b *result.Set) (tables.Tables, error) { return tables.Compare(a, b) }

// Export writes the set's points, the invalid ones marked, as sink.Benchmarks does. It refuses what frame.Cells refuses, and a set without points.
func Export(w io.Writer, s *result.Set) error {
	cells, err := frame.PointsOf(s)
	if err != nil {
		return err
	}
	return sink.Benchmarks(w).Table(tables.Table{Cells: cells})
}
