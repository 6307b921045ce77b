package sink

import (
	"bytes"
	"fmt"
	"image/color"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"github.com/powbench/powbench/plots/draw"
	"github.com/powbench/powbench/plots/stat"
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

// A stack is where the stacked bars of a panel end so far, by their places.
type stack map[float64]float64

// pgfSeries writes one series.
func pgfSeries(b *bytes.Buffer, panel *draw.Panel, s draw.Series, stacked stack) {
	s.Dots = slices.Clone(s.Dots)
	switch s.Form {
	case draw.Stacked:
		pgfStack(b, s, stacked)
		return
	case draw.Across:
		s.Dots = []draw.Dot{
			{X: stat.Exactly(panel.X.Min), Y: s.Dots[0].Y}, {X: stat.Exactly(panel.X.Max), Y: s.Dots[0].Y},
		}
	case draw.Upright:
		s.Dots = []draw.Dot{
			{X: s.Dots[0].X, Y: stat.Exactly(panel.Y.Min)}, {X: s.Dots[0].X, Y: stat.Exactly(panel.Y.Max)},
		}
	}
	options := append(pgfStyle(s), "forget plot")
	columns, table := "x y", "x=x, y=y"
	errors := slices.ContainsFunc(s.Dots, func(d draw.Dot) bool { return d.X.HasInterval() || d.Y.HasInterval() })
	if errors { // they take LaTeX a while
		options = append(options, "error bars/.cd", "x dir=both, x explicit", "y dir=both, y explicit")
		columns, table = "x xm xp y ym yp", "x=x, y=y, x error minus=xm, x error plus=xp, y error minus=ym, y error plus=yp"
	}
	fmt.Fprintf(b, "\\addplot[%s]\n  table[%s, row sep=\\\\] {\n  %s \\\\\n", strings.Join(options, ", "), table, columns)
	for _, dot := range s.Dots {
		fmt.Fprintf(b, "  %s %s \\\\\n", withErrors(panel.XLog, dot.X, errors), withErrors(panel.YLog, dot.Y, errors))
	}
	b.WriteString("  };\n")
}

// pgfStyle is how a series is drawn, in panels and in the legend.
func pgfStyle(s draw.Series) []string {
	options := []string{"color=" + rgb(s.Color)}
	switch s.Form {
	case draw.Lined:
		options = append(options, "thick", pgfMark(s), "unbounded coords=jump")
	case draw.Traced:
		options = append(options, "no marks", "unbounded coords=jump")
	case draw.Marked:
		if s.Small {
			options = append(options, "mark size=0.6pt")
		}
		return append(options, "only marks", pgfMark(s))
	case draw.Ticked:
		return append(options, "only marks", "mark=-", "mark size=4pt")
	case draw.Upticks:
		return append(options, "only marks", "mark=|", "mark size=4pt")
	case draw.Barred:
		return append(options, fmt.Sprintf("ybar, bar shift=0pt, bar width=%g, fill=%s", s.Width, rgb(s.Fill)))
	case draw.Striped:
		return append(options, fmt.Sprintf("xbar, bar shift=0pt, bar width=%g, fill=%s", s.Width, rgb(s.Fill)))
	case draw.Across, draw.Upright:
		options = append(options, "no marks", "very thin")
	}
	if len(s.Dashes) > 0 {
		options = append(options, dashPattern(s.Dashes))
	}
	return options
}

// pgfStack draws the parts of stacked bars as boxes from where the parts before ended.
func pgfStack(b *bytes.Buffer, s draw.Series, stacked stack) {
	for _, dot := range s.Dots {
		y, from := dot.Y.Mean, stacked[dot.Y.Mean]
		stacked[y] = from + dot.X.Mean
		fmt.Fprintf(b, "\\draw[fill=%s] (axis cs:%s,%s) rectangle (axis cs:%s,%s);\n", rgb(s.Fill),
			digits(from), digits(y-s.Width/2), digits(stacked[y]), digits(y+s.Width/2))
	}
}

// withErrors is a number, if wanted with what it may be less and more.
func withErrors(axis draw.Log, e stat.Estimate, errors bool) string {
	mean := axis.Number(e.Mean)
	switch {
	case !e.Known() && errors:
		return "nan 0 0"
	case !e.Known():
		return "nan"
	case !errors:
		return digits(mean)
	}
	return strings.Join([]string{
		digits(mean), digits(mean - axis.Number(e.Mean-e.Half)), digits(axis.Number(e.Mean+e.Half) - mean),
	}, " ")
}

// rgb is a colour for xcolor; black without one.
func rgb(c color.Color) string {
	if c == nil {
		c = color.Black
	}
	r, g, blue, _ := c.RGBA()
	return fmt.Sprintf("{rgb,255:red,%d;green,%d;blue,%d}", r>>8, g>>8, blue>>8)
}

// pgfMarks are the names of markers.
var pgfMarks = map[string]string{
	"circle": "*", "square": "square*", "triangle": "triangle*", "diamond": "diamond*",
	"open circle": "o", "open triangle": "triangle", "cross": "x", "plus": "+",
}

func pgfMark(s draw.Series) string {
	mark, known := pgfMarks[s.MarkName()]
	if !known {
		mark = "*"
	}
	if s.Hollow {
		mark += ", mark options={fill=white}"
	}
	return "mark=" + mark
}

func dashPattern(dashes []vg.Length) string {
	var parts []string
	for i, d := range dashes {
		word := "on"
		if i%2 == 1 {
			word = "off"
		}
		parts = append(parts, fmt.Sprintf("%s %gpt", word, float64(d)))
	}
	return "dash pattern={" + strings.Join(parts, " ") + "}"
}
