package figures

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/draw"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/look"
	"github.com/powbench/powbench/plots/stat"
)

// Contended is the page of READs beside WRITEs of their key: how often a READ began again, and how many rounds it took, against
// the WRITEs that began while it lasted.
func Contended(rows []result.Contended) (*draw.Page, error) {
	if len(rows) == 0 {
		return nil, errors.New("no READs beside WRITEs there: name a file of powbench contend --out")
	}
	first := rows[0]
	if i := slices.IndexFunc(rows, func(r result.Contended) bool { return r.T != first.T || r.Readers != first.Readers }); i >= 0 {
		return nil, fmt.Errorf("t = %d with %d readers, and t = %d with %d: one figure cannot show both, plot each into a folder of its own",
			first.T, first.Readers, rows[i].T, rows[i].Readers)
	}
	restarts, rounds := contendedPanel("Restarts per READ"), contendedPanel("Rounds per READ")
	p := &draw.Page{
		Name: "contended", Heading: "READs beside WRITEs of their key", RowHeight: draw.PanelHeight,
		Titles: []string{"READs that begin again", "Rounds"}, Rows: [][]*draw.Panel{{restarts, rounds}},
	}
	for i, name := range frame.Each(rows, func(r result.Contended) string { return r.Protocol }) {
		own := frame.Keep(rows, func(r result.Contended) bool { return r.Protocol == name })
		l := look.Of(own[0].Title, i+1)
		restarts.Add(contendedCurve(l, own, func(r result.Contended) float64 { return r.PerRead(r.Restarts) }))
		rounds.Add(contendedCurve(l, own, result.Contended.MeanRounds))
		p.Legend = append(p.Legend, draw.Entry{Name: l.Title, Sample: draw.CurveSample(l)})
	}
	for _, panel := range p.Rows[0] {
		draw.Align([]*draw.Panel{panel})
	}
	p.Lines = []string{
		fmt.Sprintf("Simulated schedules, t = %d, %s and %d to %d writers of one key. Means and 95 %% intervals of %s; times are virtual.", first.T,
			stat.Count(first.Readers, "reader"), slices.Min(writersOf(rows)), slices.Max(writersOf(rows)),
			stat.Count(len(frame.Distinct(rows, func(r result.Contended) int { return r.Repetition })), "repetition")),
		failures(rows),
	}
	return p, nil
}

func contendedPanel(y string) *draw.Panel {
	p := draw.NewPlot()
	p.X.Label.Text, p.Y.Label.Text = "WRITEs that begin during a READ", y
	return p
}

func writersOf(rows []result.Contended) []int {
	return frame.Distinct(rows, func(r result.Contended) int { return r.Writers })
}

// contendedCurve goes through growing numbers of writers.
func contendedCurve(l look.Look, rows []result.Contended, y func(result.Contended) float64) draw.Curve {
	curve := draw.Curve{Look: l}
	for _, writers := range writersOf(rows) {
		own := frame.Keep(rows, func(r result.Contended) bool { return r.Writers == writers })
		of := func(f func(result.Contended) float64) stat.Estimate {
			var all []float64
			for _, r := range own {
				all = append(all, f(r))
			}
			return stat.NewEstimate(all)
		}
		curve.Dots = append(curve.Dots, draw.Dot{X: of(func(r result.Contended) float64 { return r.PerRead(r.Writes) }), Y: of(y)})
	}
	return curve
}

// failures says which protocol's READs gave up, and how many of them beside how many writers.
func failures(rows []result.Contended) string {
	var parts []string
	for _, name := range frame.Each(rows, func(r result.Contended) string { return r.Protocol }) {
		worst := slices.MaxFunc(frame.Keep(rows, func(r result.Contended) bool { return r.Protocol == name }),
			func(a, b result.Contended) int { return cmp.Compare(a.PerRead(a.Failed()), b.PerRead(b.Failed())) })
		if worst.Failed() > 0 {
			parts = append(parts, fmt.Sprintf("%s up to %s, beside %s", worst.Title, stat.Percent(worst.PerRead(worst.Failed())),
				stat.Count(worst.Writers, "writer")))
		}
	}
	if len(parts) == 0 {
		return "No READ ended without a result."
	}
	return "READs that ended with an error, as no round was left: " + strings.Join(parts, "; ") + "."
}
