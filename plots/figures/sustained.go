package figures

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/draw"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/stat"
)

// sustainedRows show how windows went: all against time, a column per operation and durability.
var sustainedRows = []panel{
	overTime("Throughput (MB/s)", throughputOver),
	overTime("p99 latency (ms)", p99Over),
	overTime("Compacted (MB/s)", compactedOver),
	overTime("Memory (MiB)", func(p result.Point) []draw.Dot {
		return at(p.Timeline.Servers, p.Timeline.Servers.RSSMiB.Most, 1)
	}),
	overTime("Files (GB)", func(p result.Point) []draw.Dot {
		return at(p.Timeline.Servers, p.Timeline.Servers.DiskBytes.Sum, 1e9)
	}),
}

// course is the figure of that name of how long loads went.
func course(name string) figure {
	return figure{
		name: name, fixed: sustainedFixed, variants: true, rows: lastOverTime(sustainedRows), entry: draw.TraceSample, marks: noMarks,
		size: sustainedSize, split: sustainedSplit, says: steadiness,
		note: fmt.Sprintf("The 99th percentiles are of about %d operations each. ", result.PercentileNeeds(frame.P99)) +
			"Files and what compactions wrote are those of all servers, " +
			"memory is that of the largest. Steady: the slope's 95 % interval (Sen) is within ±1 % of the mean per minute; rising or " +
			"falling: it is not, and there is a trend (Mann and Kendall, p ≤ 0.05).",
	}
}

// sustainedFixed is what the figure does not tell apart.
var sustainedFixed = []frame.Dim[frame.Cell]{frame.Suite, frame.ValueSize, frame.Threshold}

// sustainedSplit names the column of a cell.
func sustainedSplit(c frame.Cell) string { return stat.OpName(c.Op) + ", durability " + c.Durability }

// sustainedSize is the height of a row, and no gutter.
func sustainedSize([]frame.Cell) (row, gutter vg.Length) { return 38 * vg.Millimeter, 0 }

// overTime is a row of panels with a trace for each valid repetition that has a timeline.
func overTime(label string, of func(result.Point) []draw.Dot) panel {
	return panel{
		plot: func(_ panel, c column) *draw.Panel {
			p := draw.NewPlot()
			if c.first {
				p.Y.Label.Text = label
			}
			p.X.Tick.Marker = draw.UnlabelledTicks
			systems := systemsIn(c.all)
			for _, s := range frame.AllSustained(c.cells) {
				p.Add(draw.Curve{Look: lookAmong(systems, s.Cell.System.Plain()), Dots: of(s.Point), Trace: true})
			}
			p.X.Max = max(longest(c.all), 1)
			return p
		},
		align: alignValues,
	}
}

// longest is the length in s of the longest window.
func longest(cells []frame.Cell) (s float64) {
	for _, x := range frame.AllSustained(cells) {
		s = max(s, x.Point.DurationS)
	}
	return s
}

// lastOverTime labels the time below the row.
func lastOverTime(rows []panel) []panel {
	rows = slices.Clone(rows)
	last := &rows[len(rows)-1]
	above := last.plot
	last.plot = func(d panel, c column) *draw.Panel {
		p := above(d, c)
		p.X.Label.Text, p.X.Tick.Marker = "Time (s)", draw.NewPlot().X.Tick.Marker
		return p
	}
	return rows
}

// alignValues gives the panels the same limits of values; all have those of time.
func alignValues(row []*draw.Panel) {
	top := slices.MaxFunc(row, func(a, b *draw.Panel) int { return cmp.Compare(a.Y.Max, b.Y.Max) }).Y.Max
	for _, p := range row {
		p.Y.Max = draw.Limit(top)
	}
}

// throughputOver is the throughput in MB/s in the middle of each interval.
func throughputOver(p result.Point) (all []draw.Dot) {
	line := p.Timeline
	for i, ops := range line.Ops {
		all = append(all, dot((float64(i)+0.5)*line.IntervalS, ops/line.IntervalS*float64(p.ValueBytes)/1e6))
	}
	return all
}

// p99Over is the 99th percentile in the middle of each stretch.
func p99Over(p result.Point) (all []draw.Dot) {
	for i, ms := range p.Timeline.P99Ms {
		all = append(all, dot((float64(i)+0.5)*p.Timeline.P99OverS, ms))
	}
	return all
}

// mostRates is how many rates a trace has at most: those of single seconds hide the course.
const mostRates = 60

// compactedOver is the rate in MB/s at which compactions of all servers wrote.
func compactedOver(p result.Point) (all []draw.Dot) {
	s := p.Timeline.Servers
	step := max(1, (len(s.AtS)-1+mostRates-1)/mostRates)
	for i := step; i < len(s.AtS); i += step {
		from, to := s.AtS[i-step], s.AtS[i]
		all = append(all, dot((from+to)/2, (s.CompactedBytes.Sum[i]-s.CompactedBytes.Sum[i-step])/(to-from)/1e6))
	}
	return all
}

// at is the samples of a number, in that unit.
func at(s result.ServerSamples, numbers []float64, unit float64) (all []draw.Dot) {
	for i, x := range numbers {
		all = append(all, dot(s.AtS[i], x/unit))
	}
	return all
}

func dot(x, y float64) draw.Dot { return draw.Dot{X: stat.Exactly(x), Y: stat.Exactly(y)} }

// noMarks explains nothing.
func noMarks([]frame.Cell) draw.Legend { return nil }

// steadiness says which of the cells are steady.
func steadiness(cells []frame.Cell) string {
	names := map[frame.Steadiness][]string{}
	for _, x := range frame.AllSustained(cells) {
		name := fmt.Sprintf("%s %s %s", x.Cell.System.Plain().Name(), stat.OpName(x.Cell.Op), x.Cell.Durability)
		names[x.Course.Steadiness] = frame.AppendNew(names[x.Course.Steadiness], name)
	}
	var parts []string
	for _, s := range []frame.Steadiness{frame.Steady, frame.Rising, frame.Falling, frame.Unclear} {
		switch {
		case len(names[s]) == 0:
		case len(names) == 1:
			parts = append(parts, string(s)+" (all)")
		default:
			parts = append(parts, fmt.Sprintf("%s (%s)", s, strings.Join(names[s], ", ")))
		}
	}
	return "Verdict: " + strings.Join(parts, "; ") + "."
}
