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
	"errors"
	"os"

	"gonum.org/v1/plot/vg"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/draw"
	"github.com/powbench/powbench/plots/figures"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/sink"
	"github.com/powbench/powbench/plots/tables"
)

// Draw draws every figure that points, trials and costs of the sets belong to into dir, as SVG, PDF and PNG, and returns the
// files that it wrote: dir/fig2a.svg and so on, dir/figattacks.svg and dir/figtimeline.svg for trials, dir/figtable1.svg for
// costs, and dir/figprofile.svg for profiled points. Width is that of the figures, 0 for a page's. Points of no figure make figures of their own, named after their experiment. It writes nothing if what one of the figures would show does not belong
// together.
func Draw(sets []*result.Set, dir string, width vg.Length) ([]string, error) {
	pages, err := figures.All(sets)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	images := &sink.Images{Dir: dir, Width: width}
	for _, p := range pages {
		if err := images.Figure(p); err != nil {
			return images.Files, err
		}
	}
	return images.Files, nil
}

// DrawFree draws a figure of one's own into dir, as figures.Free makes it, in that width; 0 is a page's. It returns the files that
// it wrote.
func DrawFree(sets []*result.Set, choice figures.Choice, dir string, width vg.Length) ([]string, error) {
	p, err := figures.Free(sets, choice)
	if err != nil {
		return nil, err
	}
	return drawOne(p, dir, width)
}

// DrawContended draws READs beside WRITEs into dir, as figures.Contended makes the figure, in that width; 0 is a page's. It
// returns the files that it wrote.
func DrawContended(rows []result.Contended, dir string, width vg.Length) ([]string, error) {
	p, err := figures.Contended(rows)
	if err != nil {
		return nil, err
	}
	return drawOne(p, dir, width)
}

// drawOne draws one page.
func drawOne(p *draw.Page, dir string, width vg.Length) ([]string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	images := &sink.Images{Dir: dir, Width: width}
	err := images.Figure(p)
	return images.Files, err
}

// DrawLeague draws what came of the hunts for mistakes into dir, as figures.League makes it. It returns the files that it wrote.
func DrawLeague(hunts []result.Hunts, dir string) ([]string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	images := &sink.Images{Dir: dir}
	err := images.Figure(figures.League(hunts))
	return images.Files, err
}

// CanShow refuses what is planned for a figure that cannot show it all, as figures.CanShow does.
func CanShow(figure string, planned []result.Cell) error { return figures.CanShow(figure, planned) }

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

// Screen is what fits a terminal, as tables.Screen says.
func Screen(sets []*result.Set) (tables.Tables, error) { return tables.Screen(sets) }

// TrialList tabulates the trials of the sets one by one, as tables.TrialList does.
func TrialList(sets []*result.Set) (tables.Table, error) { return tables.TrialList(sets) }

// Compare sets run B against run A, point by point, as tables.Compare does.
func Compare(a, b *result.Set) (tables.Tables, error) { return tables.Compare(a, b) }

// Losses are where b is worse than a by more than that share, as tables.Losses says.
func Losses(a, b *result.Set, share float64) (tables.Table, error) { return tables.Losses(a, b, share) }

// ExportPoints gives the sink the points of each set, the invalid ones among them, as the cells of a table. It refuses what
// frame.Cells refuses, and a set without points.
func ExportPoints(to sink.Sink, sets ...*result.Set) error {
	for _, s := range sets {
		cells, err := frame.PointsOf(s)
		if err != nil {
			return err
		}
		if err := to.Table(tables.Table{Cells: cells}); err != nil {
			return err
		}
	}
	return nil
}

// ErrNoFigures says that sets belong to no figure.
var ErrNoFigures = errors.New("no figure there: name the folder of a run that measured something")

// ExportFigures gives the sink every figure that Draw would draw of the sets, and refuses what Draw refuses, and sets without
// a figure.
func ExportFigures(to sink.Sink, sets ...*result.Set) error {
	pages, err := figures.All(sets)
	if err != nil {
		return err
	}
	if len(pages) == 0 {
		return ErrNoFigures
	}
	for _, p := range pages {
		if err := to.Figure(p); err != nil {
			return err
		}
	}
	return nil
}
