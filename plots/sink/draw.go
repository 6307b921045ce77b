// Package sink writes figures and points to files: SVG, PDF and PNG, and the Go benchmark format.
//
// It imports what declares figures and tables; plots imports it.
package sink

import (
	"fmt"
	"os"
	"path/filepath"

	"gonum.org/v1/plot/vg"
	vgdraw "gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgpdf"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/draw"
	"github.com/powbench/powbench/plots/figures"
)

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

func write(file string, p *draw.Page, canvas func(w, h vg.Length) vg.CanvasWriterTo) error {
	c := canvas(p.Size())
	p.Draw(vgdraw.New(c))
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

// Draw draws every figure that points and trials of the sets belong to into dir, as SVG, PDF and PNG, and returns the
// files that it wrote: dir/fig2a.svg and so on, dir/figattacks.svg and dir/figtimeline.svg for trials, dir/figtable1.svg for costs. Points without a
// figure are left alone; if all are, no file is written. Nothing is written either if what one of the figures would show
// does not belong together.
func Draw(sets []*result.Set, dir string) ([]string, error) {
	pages, err := figures.All(sets)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	var files []string
	for _, p := range pages {
		for _, format := range formats {
			file := filepath.Join(dir, "fig"+p.Figure+"."+format.extension)
			if err := write(file, p, format.canvas); err != nil {
				return files, err
			}
			files = append(files, file)
		}
	}
	return files, nil
}
