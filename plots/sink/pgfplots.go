package sink

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/plot"

	"github.com/powbench/powbench/plots/draw"
)

// PGF is the folder, which must be there, that figures are written into as LaTeX: figNAME.tex, a document of its own that needs
// the packages standalone and pgfplots. Its numbers are in it, so that a paper can take it in and change its looks.
type PGF struct{ folder }

// NewPGF writes into that folder.
func NewPGF(dir string) *PGF { return &PGF{folder{Dir: dir}} }

// Sizes in the document.
const (
	pgfPanel  = 62 // mm wide, and
	pgfHeight = 0.75
	pgfGap    = 18 // mm between two panels side by side, and
	pgfNarrow = 12 // between more, of which only the first has its y axis named
)

// Figure implements Sink.
func (f *PGF) Figure(p *draw.Page) error {
	var b bytes.Buffer
	legend := pgfLegendOf(p)
	fmt.Fprintf(&b, `%% %s
\documentclass[border=2mm]{standalone}
\usepackage[T1]{fontenc}
\IfFileExists{lmodern.sty}{\usepackage{lmodern}}{}
\usepackage{textcomp}
\usepackage{pgfplots}
\usepgfplotslibrary{groupplots}
\pgfplotsset{compat=1.17}
\begin{document}
\begin{tikzpicture}
\begin{groupplot}[
  group style={group size=%d by %d, horizontal sep=%dmm, vertical sep=%dmm},
  width=%gmm, height=%gmm, scale only axis, tick align=outside, tick pos=left, ymajorgrids,
  every axis/.append style={font=\footnotesize}, grid style={black!12},
  legend style={draw=none, font=\footnotesize, at={(0,1.18)}, anchor=south west, legend columns=%d, column sep=1mm},
  legend cell align=left,
]
`, oneLine(p.Heading), len(p.Rows[0]), len(p.Rows), columnGap(p), rowGap(p), panelWidth(p),
		pgfHeight*pgfPanel*float64(p.RowHeight/draw.PanelHeight), legend.columns())
	first := true
	eachPanel(p, func(title string, panel *draw.Panel) {
		if panel.Blank {
			b.WriteString("\\nextgroupplot[group/empty plot]\n")
			return
		}
		fmt.Fprintf(&b, "\\nextgroupplot[%s]\n", strings.Join(axisOptions(panelTitle(p, panel, title), panel), ", "))
		if first {
			legend.write(&b)
		}
		first = false
		stacked := stack{}
		for _, s := range panel.Series() {
			pgfSeries(&b, panel, s, stacked)
		}
	})
	b.WriteString("\\end{groupplot}\n")
	pgfCaption(&b, p)
	b.WriteString("\\end{tikzpicture}\n\\end{document}\n")
	return f.write(p, "tex", b.Bytes())
}

// panelWidth is that of a page's panels, in mm: a single one is as wide as two.
func panelWidth(p *draw.Page) float64 {
	n := len(p.Rows[0])
	return float64(2*pgfPanel+pgfGap-(n-1)*columnGap(p)) / float64(n)
}

func columnGap(p *draw.Page) int {
	if len(p.Rows[0]) > 2 {
		return pgfNarrow
	}
	return pgfGap
}

// rowGap is that between rows of panels, in mm: less where only the last names its x axis.
func rowGap(p *draw.Page) int {
	const named, unnamed = 16, 8
	for _, row := range p.Rows[:len(p.Rows)-1] {
		if slices.ContainsFunc(row, func(p *draw.Panel) bool { return p.X.Label.Text != "" || p.Title.Text != "" }) {
			return named
		}
	}
	return unnamed
}

// panelTitle is the panel's own title, or that of its column if the panel is in the first row.
func panelTitle(p *draw.Page, panel *draw.Panel, title string) string {
	if panel.Title.Text != "" {
		return panel.Title.Text
	}
	if slices.Contains(p.Rows[0], panel) {
		return title
	}
	return ""
}

// pgfCaption sets the caption below the panels, with what must not be overlooked first.
func pgfCaption(b *bytes.Buffer, p *draw.Page) {
	var lines []string
	for _, line := range p.Loud {
		lines = append(lines, "\\textbf{"+TeX(line)+"}")
	}
	for _, line := range p.Lines {
		lines = append(lines, TeX(line))
	}
	const width = 2*pgfPanel + pgfGap
	fmt.Fprintf(b, "\\node[anchor=north west, align=left, text width=%dmm, font=\\scriptsize] at (current bounding box.south west) {%s};\n",
		width, strings.Join(lines, " \\par "))
}

// axisOptions are the panel's names, limits and ticks, with logarithmic modes where places are logarithms.
func axisOptions(title string, panel *draw.Panel) (options []string) {
	if title != "" {
		options = append(options, "title={"+TeX(title)+"}")
	}
	for _, a := range []struct {
		name string
		axis plot.Axis
		log  draw.Log
	}{{"x", panel.X, panel.XLog}, {"y", panel.Y, panel.YLog}} {
		options = append(options, fmt.Sprintf("%slabel={%s}", a.name, TeX(a.axis.Label.Text)))
		if a.log.Base != 0 {
			options = append(options, fmt.Sprintf("%smode=log, log basis %s=%g", a.name, a.name, a.log.Base))
		}
		options = append(options, fmt.Sprintf("%smin=%s, %smax=%s",
			a.name, digits(a.log.Number(a.axis.Min)), a.name, digits(a.log.Number(a.axis.Max))))
		var places, labels []string
		for _, t := range a.axis.Tick.Marker.Ticks(a.axis.Min, a.axis.Max) {
			places, labels = append(places, digits(a.log.Number(t.Value))), append(labels, "{"+TeX(t.Label)+"}")
		}
		if len(places) == 0 {
			options = append(options, a.name+"tick=\\empty")
			continue
		}
		options = append(options, fmt.Sprintf("%stick={%s}, %sticklabels={%s}, minor %s tick num=0",
			a.name, strings.Join(places, ","), a.name, strings.Join(labels, ","), a.name))
		if a.axis.Tick.Label.Rotation != 0 {
			options = append(options, a.name+"ticklabel style={rotate=90, anchor=east, font=\\tiny}")
		}
	}
	if hasStrips(panel) {
		options = append(options, stripNames(panel)...)
	}
	return options
}

func hasStrips(panel *draw.Panel) bool {
	return slices.ContainsFunc(panel.Series(), func(s draw.Series) bool { return s.Form == draw.Striped || s.Form == draw.Stacked })
}

// stripNames are ticks with the names of horizontal bars.
func stripNames(panel *draw.Panel) []string {
	var places, names []string
	for _, s := range panel.Series() {
		for i, name := range s.Names {
			if place := digits(s.Dots[i].Y.Mean); !slices.Contains(places, place) {
				places, names = append(places, place), append(names, "{"+TeX(name)+"}")
			}
		}
	}
	return []string{"ytick={" + strings.Join(places, ",") + "}", "yticklabels={" + strings.Join(names, ",") + "}"}
}
