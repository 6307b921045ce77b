// Package sink writes figures and tables: as SVG, PDF and PNG; as text and Markdown; in the Go benchmark format. A new
// form of export is a new Sink.
//
// It imports draw, tables and what these import; plots and its commands import it.
package sink

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"golang.org/x/perf/benchfmt"
	"gonum.org/v1/plot/vg"
	vgdraw "gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/draw"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/tables"
)

// A Sink takes figures and tables, one after the other, and leaves out what its form cannot show.
type Sink interface {
	Figure(p *draw.Page) error
	Table(t tables.Table) error
}

// String is the tables in the form of a sink such as Text or Markdown.
func String(all tables.Tables, form func(io.Writer) Sink) string {
	var b strings.Builder
	to := form(&b)
	for _, t := range all {
		_ = to.Table(t) // a strings.Builder takes everything
	}
	return b.String()
}

// Images is the folder, which must be there, that figures are written into, as SVG, PDF and PNG: figNAME.svg and so on.
type Images struct {
	Dir   string
	Width vg.Length // of a figure, whose text grows and shrinks with it; 0 for that of a page
	Files []string  // that were written
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
	{"pdf", func(w, h vg.Length) vg.CanvasWriterTo { return newPDF(w, h) }},
	{"png", func(w, h vg.Length) vg.CanvasWriterTo {
		return vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(w, h), vgimg.UseDPI(pngDPI))}
	}},
}

// Extensions are those of a figure's files.
func Extensions() (all []string) {
	for _, f := range formats {
		all = append(all, f.extension)
	}
	return all
}

// Figure implements Sink.
func (i *Images) Figure(p *draw.Page) error {
	for _, format := range formats {
		file := filepath.Join(i.Dir, "fig"+p.Name+"."+format.extension)
		w, h := p.Size()
		factor := 1.
		if i.Width > 0 {
			factor = float64(i.Width / w)
		}
		c := format.canvas(w*vg.Length(factor), h*vg.Length(factor))
		if factor != 1 {
			c.Scale(factor, factor)
		}
		p.Draw(vgdraw.NewCanvas(c, w, h))
		if err := write(file, c); err != nil {
			return err
		}
		i.Files = append(i.Files, file)
	}
	return nil
}

// Table implements Sink: images have no tables.
func (*Images) Table(tables.Table) error { return nil }

func write(file string, c io.WriterTo) error {
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

// noFigures is the part of a sink that cannot show figures.
type noFigures struct{}

// Figure implements Sink.
func (noFigures) Figure(*draw.Page) error { return nil }

// A text sink writes tables one below the other.
type text struct {
	noFigures
	to     io.Writer
	format func(w io.Writer, t tables.Table)
	any    bool // a table was written
}

// Text writes tables as aligned columns.
func Text(w io.Writer) Sink {
	return &text{to: w, format: func(w io.Writer, t tables.Table) {
		fmt.Fprintf(w, "%s\n\n", t.Title)
		columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, row := range append([][]string{t.Header}, t.Rows...) {
			fmt.Fprintln(columns, strings.Join(row, "\t"))
		}
		columns.Flush()
	}}
}

// Markdown writes tables as GitHub does.
func Markdown(w io.Writer) Sink {
	return &text{to: w, format: func(w io.Writer, t tables.Table) {
		fmt.Fprintf(w, "### %s\n\n", t.Title)
		rule := strings.Split(strings.Repeat("---,", len(t.Header)-1)+"---", ",")
		for _, row := range append([][]string{t.Header, rule}, t.Rows...) {
			cells := make([]string, len(row))
			for i, cell := range row {
				cells[i] = strings.ReplaceAll(cell, "|", `\|`)
			}
			fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
		}
	}}
}

// Table implements Sink.
func (s *text) Table(t tables.Table) error {
	var b strings.Builder
	if s.any {
		b.WriteString("\n")
	}
	s.any = true
	s.format(&b, t)
	for _, n := range t.Notes {
		fmt.Fprintf(&b, "\n%s\n", n)
	}
	_, err := io.WriteString(s.to, b.String())
	return err
}

// Benchmarks writes the points behind tables in the Go benchmark format, which benchstat reads: for each repetition a
// line with throughput, mean latency, and its 99th percentile if the repetition alone has enough operations for it. Experiment,
// suite, durability and processor are configuration; system and load are in the name, and of an invalid repetition its
// reasons, so that nothing takes it for a valid one's. If the number of clients was searched for, another run may choose another
// one: then neither it nor latencies are written, which would not compare.
func Benchmarks(w io.Writer) Sink { return benchmarks{to: benchfmt.NewWriter(w)} }

type benchmarks struct {
	noFigures
	to *benchfmt.Writer
}

// Table implements Sink.
func (b benchmarks) Table(t tables.Table) error {
	for _, c := range t.Cells {
		for _, p := range c.All() {
			if err := b.to.Write(benchmark(c, p)); err != nil {
				return err
			}
		}
	}
	return nil
}

// benchmark is one repetition.
func benchmark(c frame.Cell, p result.Point) *benchfmt.Result {
	b := &benchfmt.Result{Name: benchfmt.Name(benchmarkName(c) + invalidMark(p)), Iters: int(p.Ops)}
	for _, config := range [][2]string{
		{"experiment", p.Experiment},
		{"cpu", c.Set.Manifest.Machine.CPU},
		{"suite", p.Suite},
		{"durability", p.Durability},
		{"auth", p.Auth},
	} {
		if config[1] != "" {
			b.Config = append(b.Config, benchfmt.Config{Key: config[0], Value: []byte(config[1]), File: true})
		}
	}
	if !c.Searched {
		b.Values = append(b.Values, benchfmt.Value{Value: math.Round(p.LatencyMs.Mean * 1e6), Unit: "ns/op"})
		if p99 := frame.PercentileOf(frame.P99, p.LatencyMs.P99, p.Ops); p99.Known() {
			b.Values = append(b.Values, benchfmt.Value{Value: math.Round(p99.Mean * 1e6), Unit: "p99-ns/op"})
		}
	}
	b.Values = append(b.Values, benchfmt.Value{Value: p.ThroughputMBps, Unit: "MB/s"})
	return b
}

// invalidMark is such as /invalid=littles-law+other-work, or empty for a valid repetition.
func invalidMark(p result.Point) string {
	if p.Valid {
		return ""
	}
	var reasons []string
	for _, r := range p.Invalid {
		reasons = append(reasons, string(r))
	}
	return "/invalid=" + strings.Join(reasons, "+")
}

// benchmarkName is such as MPoWerStore/op=read/t=1/value=256KiB/clients=4.
func benchmarkName(c frame.Cell) string {
	title := strings.ReplaceAll(c.System.Title, "-", "") // behind a dash, Go has the number of processors
	name := strings.ToUpper(title[:1]) + strings.ReplaceAll(title[1:], " ", "")
	if c.Variant != result.Paper {
		name += "/variant=" + c.Variant
	}
	name += fmt.Sprintf("/op=%s/t=%d/value=%s", strings.ReplaceAll(c.Op, " ", ""), c.T, strings.ReplaceAll(frame.SizeName(c.Series), " ", ""))
	if c.Searched {
		return name + "/clients=saturate"
	}
	name += fmt.Sprintf("/clients=%d", c.Clients)
	if frame.IsOpen(c) {
		name += fmt.Sprintf("/arrival=%s/rate=%g", c.Arrival, c.Rate)
	}
	return name
}
