package sink

import (
	"bytes"
	"fmt"
	"image/color"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"

	"github.com/powbench/powbench/plots/draw"
	"github.com/powbench/powbench/plots/stat"
)

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
