// Package plots draws the figures and writes the tables of the evaluation from result sets alone: it knows the schema
// of results, and nothing of how they came about.
//
// Numbers are means over repetitions with 95 % confidence intervals by Student's t. Only valid points count; how many
// were left out is said under the figure and in the table. Whatever would make a figure say something untrue (points of
// different set-ups in one, of a network that was not shaped, of a history that is not linearizable) is either refused
// or printed in bold above the caption.
package plots

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgpdf"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/powbench/powbench/harness/result"
)

// Draw draws every figure that points and trials of the sets belong to into dir, as SVG, PDF and PNG, and returns the
// files that it wrote: dir/fig2a.svg and so on, dir/figattacks.svg and dir/figtimeline.svg for trials, dir/figtable1.svg for costs. Points without a
// figure are left alone; if all are, no file is written. Nothing is written either if what one of the figures would show
// does not belong together.
func Draw(sets []*result.Set, dir string) ([]string, error) {
	pages, err := layOutAll(sets)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	var files []string
	for _, p := range pages {
		for _, format := range formats {
			file := filepath.Join(dir, "fig"+p.figure+"."+format.extension)
			if err := write(file, p, format.canvas); err != nil {
				return files, err
			}
			files = append(files, file)
		}
	}
	return files, nil
}

// layOutAll makes a page for each figure that points, trials and costs of the sets belong to.
func layOutAll(sets []*result.Set) ([]*page, error) {
	cells, err := Cells(sets)
	if err != nil {
		return nil, err
	}
	pages, err := layOut(cells)
	if err != nil {
		return nil, err
	}
	attacks, err := trialFigures(sets)
	if err != nil {
		return nil, err
	}
	costs, err := costFigure(sets)
	return slices.Concat(pages, attacks, costs), err
}

// layOut makes a page for each figure among the cells.
func layOut(cells []Cell) ([]*page, error) {
	byFigure := map[string][]Cell{}
	for _, c := range cells {
		if c.Figure == openFigure || c.Figure != "" && !known[c.Figure].table && isClosed(c) {
			byFigure[c.Figure] = append(byFigure[c.Figure], c)
		}
	}
	var pages []*page
	for _, name := range slices.Sorted(maps.Keys(byFigure)) {
		p, err := newPage(name, byFigure[name])
		if err != nil {
			return nil, fmt.Errorf("figure %s: %w", name, err)
		}
		pages = append(pages, p)
	}
	return pages, nil
}

// pngDPI makes a figure about 1900 pixels wide: sharp in print at column width.
const pngDPI = 300

// formats are the forms every figure is written in. SVG embeds its fonts, so that it looks the same everywhere.
var formats = []struct {
	extension string
	canvas    func(w, h vg.Length) vg.CanvasWriterTo
}{
	{"svg", func(w, h vg.Length) vg.CanvasWriterTo {
		return vgsvg.NewWith(vgsvg.UseWH(w, h), vgsvg.EmbedFonts(true))
	}},
	{"pdf", func(w, h vg.Length) vg.CanvasWriterTo { return vgpdf.New(w, h) }},
	{"png", func(w, h vg.Length) vg.CanvasWriterTo {
		return vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(w, h), vgimg.UseDPI(pngDPI))}
	}},
}

func write(file string, p *page, canvas func(w, h vg.Length) vg.CanvasWriterTo) error {
	c := canvas(p.size())
	p.draw(draw.New(c))
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if _, err := c.WriteTo(f); err != nil {
		f.Close()
		return fmt.Errorf("write %s: %w", file, err)
	}
	return f.Close()
}
