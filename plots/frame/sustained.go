package frame

import (
	"cmp"
	"math"
	"slices"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/stat"
)

// What a course is judged by. The beginning and the end of a window are so long, or a fifth of a shorter window.
const (
	beginningS = 10.
	endS       = 60.
	blocks     = 30   // of the window, whose means are tested for a trend: neighbouring seconds are too much alike
	Tolerance  = 0.01 // of the mean, per minute: a slope that is certainly within it is steady
	least      = 8    // blocks of which a trend can be told
)

// A Steadiness says whether throughput stays the same over a window.
type Steadiness string

// The steadinesses.
const (
	Steady  Steadiness = "steady"
	Rising  Steadiness = "rising"
	Falling Steadiness = "falling"
	Unclear Steadiness = "cannot tell"
)

// A Course is how a point's window went, by its timeline.
type Course struct {
	BeginningS, EndS float64
	First, Last      float64    // throughput in the beginning and in the end, MB/s
	Ratio            stat.Ratio // Last / First; its interval is by the means of fifths of the beginning, and as long parts of the end
	Trend            stat.Trend // of the means of the window's blocks: shares of their mean, per minute
	Steadiness       Steadiness

	DiskGB        float64 // of all servers' files when the window ends, 10^9 bytes
	Amplification float64 // bytes written per byte stored
	Compacted     float64 // share of the bytes written that compactions wrote
	ServerMiB     float64 // largest resident set of any server in a sample
	MemoryGrowth  float64 // largest resident set in the end over that in as long a time up to the middle, by means
	StallS        float64 // how long databases made writers wait, summed over the servers
}

// CourseOf is the course of a point that has a timeline.
func CourseOf(p result.Point) (c Course, ok bool) {
	line := p.Timeline
	if line == nil || len(line.Ops) == 0 {
		return c, false
	}
	n := len(line.Ops)
	rates := make([]float64, n)
	for i, ops := range line.Ops {
		rates[i] = ops / line.IntervalS * float64(p.ValueBytes) / 1e6
	}
	intervals := func(seconds float64) int { return max(1, int(math.Round(seconds/line.IntervalS))) }
	window := float64(n) * line.IntervalS
	begin, end := intervals(min(beginningS, window/5)), intervals(min(endS, window/5))
	c.BeginningS, c.EndS = float64(begin)*line.IntervalS, float64(end)*line.IntervalS
	part := max(1, begin/5)
	first, last := means(rates[:begin], part), means(rates[n-end:], part)
	c.First, c.Last = mean(rates[:begin]), mean(rates[n-end:])
	if c.Ratio = stat.Unpaired(last, first); c.First > 0 {
		c.Ratio.Value = c.Last / c.First
	}
	c.judge(means(rates, max(1, n/blocks)), float64(max(1, n/blocks))*line.IntervalS)
	c.servers(line.Servers)
	return c, true
}

// judge finds the trend of the blocks, each of so many seconds, and what it amounts to.
func (c *Course) judge(means []float64, seconds float64) {
	c.Steadiness = Unclear
	all := mean(means)
	if len(means) < least || all <= 0 {
		return
	}
	minutes, shares := make([]float64, len(means)), make([]float64, len(means))
	for i, x := range means {
		minutes[i], shares[i] = float64(i)*seconds/60, x/all
	}
	c.Trend = stat.NewTrend(minutes, shares)
	switch t := c.Trend; {
	case t.HasInterval() && t.Low >= -Tolerance && t.High <= Tolerance:
		c.Steadiness = Steady
	case t.P <= 1-stat.Confidence && t.Slope > 0:
		c.Steadiness = Rising
	case t.P <= 1-stat.Confidence && t.Slope < 0:
		c.Steadiness = Falling
	}
}

// servers sums up what the servers came to in the window.
func (c *Course) servers(s result.ServerSamples) {
	if len(s.AtS) < 2 {
		return
	}
	grown := func(o result.OverServers) float64 { return o.Sum[len(o.Sum)-1] - o.Sum[0] }
	c.DiskGB = s.DiskBytes.Sum[len(s.AtS)-1] / 1e9
	c.ServerMiB = slices.Max(s.RSSMiB.Most)
	c.MemoryGrowth = growth(s.AtS, s.RSSMiB.Most, c.EndS)
	c.StallS = grown(s.StallMs) / 1e3
	if stored := grown(s.AppliedBytes); stored > 0 {
		c.Amplification = grown(s.WrittenBytes) / stored
	}
	if written := grown(s.WrittenBytes); written > 0 {
		c.Compacted = grown(s.CompactedBytes) / written
	}
}

// growth is the mean of what is sampled in the last seconds over the mean in as many before the middle; 0 when nothing was sampled
// in one of them.
func growth(at, values []float64, seconds float64) float64 {
	end := at[len(at)-1]
	upTo := func(t float64) float64 {
		var in []float64
		for i, x := range values {
			if at[i] > t-seconds && at[i] <= t {
				in = append(in, x)
			}
		}
		return mean(in)
	}
	last, middle := upTo(end), upTo((at[0]+end)/2)
	if last > 0 && middle > 0 {
		return last / middle
	}
	return 0
}

// means are the means of so many values each; what is left behind the last whole group is left out.
func means(values []float64, each int) (all []float64) {
	for group := range slices.Chunk(values, each) {
		if len(group) == each {
			all = append(all, mean(group))
		}
	}
	return all
}

func mean(values []float64) float64 { return stat.NewEstimate(values).Mean }

// A Sustained is a repetition with a timeline.
type Sustained struct {
	Cell   Cell
	Point  result.Point
	Course Course
	Search stat.Estimate // throughput in MB/s that the search saw at this number of clients, if there was one
}

// AllSustained lists the valid repetitions with a timeline, cell by cell.
func AllSustained(cells []Cell) (all []Sustained) {
	for _, c := range cells {
		for _, p := range c.Valid {
			if course, ok := CourseOf(p); ok {
				all = append(all, Sustained{c, p, course, searched(c)})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Sustained) int { return cmp.Compare(a.Cell.Durability, b.Cell.Durability) })
	return all
}

// searched is what the search of the cell's series saw with as many clients.
func searched(c Cell) stat.Estimate {
	var seen []float64
	for _, s := range c.Set.Manifest.Searches {
		for _, step := range s.Steps {
			if s.Series == c.Series && step.Clients == c.Clients {
				seen = append(seen, step.ThroughputMBps)
			}
		}
	}
	return stat.NewEstimate(seen)
}
