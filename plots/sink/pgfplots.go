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
	"github.com/powbench/powbench/plots/look"
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
	pgfGap    = 14 // mm between panels
)

// Figure implements Sink.
func (f *PGF) Figure(p *draw.Page) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, `%% %s
\documentclass[border=2mm]{standalone}
\usepackage[T1]{fontenc}
\usepackage{textcomp}
\usepackage{pgfplots}
\usepgfplotslibrary{groupplots}
\pgfplotsset{compat=1.17}
\begin{document}
\begin{tikzpicture}
\begin{groupplot}[
  group style={group size=%d by %d, horizontal sep=%dmm, vertical sep=%dmm},
  width=%dmm, height=%gmm, scale only axis, tick align=outside, tick pos=left, ymajorgrids,
  every axis/.append style={font=\footnotesize}, grid style={black!12},
  legend style={draw=none, font=\footnotesize, at={(0,1.16)}, anchor=south west, legend columns=3},
]
`, oneLine(p.Heading), len(p.Rows[0]), len(p.Rows), pgfGap, pgfGap, pgfPanel, pgfHeight*pgfPanel*float64(p.RowHeight/draw.PanelHeight))
	named := map[string]bool{} // series that the legend has
	first := true
	eachPanel(p, func(title string, panel *draw.Panel) {
		if !first {
			title = panelTitle(p, panel, title)
		}
		fmt.Fprintf(&b, "\\nextgroupplot[%s]\n", strings.Join(axisOptions(title, panel), ", "))
		stacked := stack{}
		for _, s := range panel.Series() {
			pgfSeries(&b, panel, s, first && !named[s.Name()], stacked)
			named[s.Name()] = true
		}
		first = false
	})
	b.WriteString("\\end{groupplot}\n")
	pgfCaption(&b, p)
	b.WriteString("\\end{tikzpicture}\n\\end{document}\n")
	return f.write(p, "tex", b.Bytes())
}

// panelTitle is the title of the panel's column if the panel is in the first row.
func panelTitle(p *draw.Page, panel *draw.Panel, title string) string {
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
	width := len(p.Rows[0])*(pgfPanel+pgfGap) - pgfGap
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
	}
	if panel.Y.Tick.Marker != nil && hasStrips(panel) {
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

// pgfSeries writes one series; in the legend, if it is to be there.
func pgfSeries(b *bytes.Buffer, panel *draw.Panel, s draw.Series, explained bool, stacked stack) {
	s.Dots = slices.Clone(s.Dots)
	options := []string{"color=" + rgb(s.Color)}
	switch s.Form {
	case draw.Lined:
		options = append(options, "thick", pgfMark(s), "unbounded coords=jump")
	case draw.Traced:
		options = append(options, "no marks", "unbounded coords=jump")
	case draw.Marked:
		options = append(options, "only marks", pgfMark(s))
	case draw.Ticked:
		options = append(options, "only marks", "mark=-", "mark size=4pt")
	case draw.Upticks:
		options = append(options, "only marks", "mark=|", "mark size=4pt")
	case draw.Barred:
		options = append(options, fmt.Sprintf("ybar, bar shift=0pt, bar width=%g, fill=%s", s.Width, rgb(s.Fill)))
	case draw.Striped:
		options = append(options, fmt.Sprintf("xbar, bar shift=0pt, bar width=%g, fill=%s", s.Width, rgb(s.Fill)))
	case draw.Stacked:
		pgfStack(b, s, explained, stacked)
		return
	case draw.Across:
		options = append(options, "no marks", "very thin")
		s.Dots = []draw.Dot{
			{X: stat.Exactly(panel.X.Min), Y: s.Dots[0].Y}, {X: stat.Exactly(panel.X.Max), Y: s.Dots[0].Y},
		}
	case draw.Upright:
		options = append(options, "no marks", "very thin")
		s.Dots = []draw.Dot{
			{X: s.Dots[0].X, Y: stat.Exactly(panel.Y.Min)}, {X: s.Dots[0].X, Y: stat.Exactly(panel.Y.Max)},
		}
	}
	if len(s.Dashes) > 0 && !slices.Contains([]draw.Form{draw.Barred, draw.Striped, draw.Ticked, draw.Upticks}, s.Form) {
		options = append(options, dashPattern(s.Dashes))
	}
	if !explained {
		options = append(options, "forget plot")
	}
	fmt.Fprintf(b, "\\addplot[%s, error bars/.cd, x dir=both, x explicit, y dir=both, y explicit]\n", strings.Join(options, ", "))
	b.WriteString("  table[x=x, y=y, x error minus=xm, x error plus=xp, y error minus=ym, y error plus=yp, row sep=\\\\] {\n")
	b.WriteString("  x xm xp y ym yp \\\\\n")
	for _, dot := range s.Dots {
		fmt.Fprintf(b, "  %s %s \\\\\n", withErrors(panel.XLog, dot.X), withErrors(panel.YLog, dot.Y))
	}
	b.WriteString("  };\n")
	if explained {
		fmt.Fprintf(b, "\\addlegendentry{%s}\n", TeX(s.Name()))
	}
}

// pgfStack draws the parts of stacked bars as boxes from where the parts before ended.
func pgfStack(b *bytes.Buffer, s draw.Series, explained bool, stacked stack) {
	for _, dot := range s.Dots {
		y, from := dot.Y.Mean, stacked[dot.Y.Mean]
		stacked[y] = from + dot.X.Mean
		fmt.Fprintf(b, "\\draw[fill=%s] (axis cs:%s,%s) rectangle (axis cs:%s,%s);\n", rgb(s.Fill),
			digits(from), digits(y-s.Width/2), digits(stacked[y]), digits(y+s.Width/2))
	}
	if explained {
		fmt.Fprintf(b, "\\addlegendimage{area legend, fill=%s}\n\\addlegendentry{%s}\n", rgb(s.Fill), TeX(s.Name()))
	}
}

// withErrors is a number with what it may be less and more.
func withErrors(axis draw.Log, e stat.Estimate) string {
	if !e.Known() {
		return "nan 0 0"
	}
	mean := axis.Number(e.Mean)
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
	mark, known := pgfMarks[look.Look(s.Look).MarkName()]
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

// TeX is text that LaTeX sets as it stands: what is special to it is escaped, and what its fonts may lack is spelled.
func TeX(text string) string {
	return strings.Map(func(r rune) rune {
		if r > 0xff { // beyond what LaTeX's usual fonts have
			return '?'
		}
		return r
	}, texEscapes.Replace(oneLine(text)))
}

var texEscapes = strings.NewReplacer(
	`\`, `\textbackslash{}`, "{", `\{`, "}", `\}`, "$", `\$`, "&", `\&`, "#", `\#`, "_", `\_`, "%", `\%`,
	"~", `\textasciitilde{}`, "^", `\textasciicircum{}`, "<", `\textless{}`, ">", `\textgreater{}`, "|", `\textbar{}`,
	"µ", `\textmu{}`, "±", `$\pm$`, "≤", `$\leq$`, "≥", `$\geq$`, "×", `$\times$`, "·", `$\cdot$`, "⊥", `$\bot$`, "−", `$-$`,
	"→", `$\rightarrow$`, "…", `\dots{}`, "–", "--", "—", "---", "²", `$^2$`, "³", `$^3$`, "⁶", `$^6$`,
	"½", `\textonehalf{}`, "¼", `\textonequarter{}`, "¾", `\textthreequarters{}`, "‖", `$\parallel$`,
)
