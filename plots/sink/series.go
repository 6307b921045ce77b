package sink

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/powbench/powbench/plots/draw"
	"github.com/powbench/powbench/plots/stat"
	"github.com/powbench/powbench/plots/tables"
)

// Data is the folder, which must be there, that the numbers of figures are written into, as gnuplot reads them: figNAME.dat
// with a block for each series of each panel, two empty lines apart. A block's comments name it and its columns. A number that
// was not measured is ?.
type Data struct{ folder }

// NewData writes into that folder.
func NewData(dir string) *Data { return &Data{folder{Dir: dir}} }

// A folder takes one file for each figure, and no tables.
type folder struct {
	Dir   string
	Files []string // that were written
}

// Table implements Sink.
func (*folder) Table(tables.Table) error { return nil }

// write writes a figure's file.
func (f *folder) write(p *draw.Page, extension string, content []byte) error {
	file := filepath.Join(f.Dir, "fig"+p.Name+"."+extension)
	if err := os.WriteFile(file, content, 0o644); err != nil {
		return err
	}
	f.Files = append(f.Files, file)
	return nil
}

// Figure implements Sink.
func (d *Data) Figure(p *draw.Page) error {
	var b bytes.Buffer
	for _, line := range append([]string{p.Heading}, append(p.Loud, p.Lines...)...) {
		comment(&b, line)
	}
	index := 0
	eachPanel(p, func(title string, panel *draw.Panel) {
		for _, s := range panel.Series() {
			fmt.Fprintf(&b, "\n\n")
			comment(&b, fmt.Sprintf("index %d: %s", index, oneLine(strings.Join(notEmpty(cmp.Or(panel.Title.Text, title), s.Name()), ": "))))
			comment(&b, fmt.Sprintf("x, low, high: %s; y, low, high: %s", oneLine(panel.X.Label.Text), oneLine(panel.Y.Label.Text)))
			for i, dot := range s.Dots {
				b.WriteString(strings.Join(append(numbers(panel.XLog, dot.X), numbers(panel.YLog, dot.Y)...), " "))
				if i < len(s.Names) && s.Names[i] != "" {
					fmt.Fprintf(&b, " %q", oneLine(s.Names[i]))
				}
				b.WriteByte('\n')
			}
			index++
		}
	})
	return d.write(p, "dat", b.Bytes())
}

// eachPanel calls do with each panel of the page and the title of its column, row by row.
func eachPanel(p *draw.Page, do func(title string, panel *draw.Panel)) {
	for _, row := range p.Rows {
		for i, panel := range row {
			title := ""
			if i < len(p.Titles) {
				title = p.Titles[i]
			}
			do(title, panel)
		}
	}
}

// comment writes the text as comments; nothing in it begins a line of its own.
func comment(b *bytes.Buffer, text string) { fmt.Fprintf(b, "# %s\n", oneLine(text)) }

// oneLine is the text without breaks and other control characters.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
}

// numbers are the estimate and its interval's ends on the axis; an estimate without an interval is all three.
func numbers(axis draw.Log, e stat.Estimate) []string {
	if !e.Known() {
		return []string{"?", "?", "?"}
	}
	return []string{digits(axis.Number(e.Mean)), digits(axis.Number(e.Mean - e.Half)), digits(axis.Number(e.Mean + e.Half))}
}

func digits(x float64) string { return strconv.FormatFloat(x, 'g', 6, 64) }

func notEmpty(all ...string) (some []string) {
	for _, s := range all {
		if s != "" {
			some = append(some, s)
		}
	}
	return some
}
