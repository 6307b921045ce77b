package tables

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/stat"
)

var sustainedNote = fmt.Sprintf("Of each valid run with a timeline. Search: what the search saw at this number of clients. "+
	"First and last: throughput in the first 10 s of the window and in its last minute, or in fifths of a shorter one; their ratio "+
	"with the 95 %% interval by the means of fifths of the beginning, and parts of the end that are as long (Welch's t on the "+
	"logarithms). Slope: Sen's, of the means of thirtieths of the window, in percent of the mean per minute, with its 95 %% interval; "+
	"p by Mann and Kendall, both with the variance that neighbours which are alike leave (Yue and Wang). Steady: the whole interval "+
	"is within ±%.0f %% per minute; rising, falling: it is not, and p is at most 0.05. Disk: of all servers at the end. Written: "+
	"bytes that the databases wrote in the window per byte stored, and what of it compactions wrote. Memory: largest resident set "+
	"of any server; last / middle: its mean in the end over that in as long a time up to the middle. Stalls: how long databases made "+
	"writers wait, all servers together.", 100*frame.Tolerance)

var sustainedColumns = slices.Concat(
	on(func(s frame.Sustained) frame.Cell { return s.Cell }, slices.Concat(figureColumns, []column[frame.Cell]{
		{head: "protocol", of: func(c frame.Cell) string { return c.System.Title }},
	}, setUpColumns, on(seriesOf, seriesColumns), []column[frame.Cell]{
		{head: "clients", of: func(c frame.Cell) string { return strconv.Itoa(c.Clients) }},
	})),
	[]column[frame.Sustained]{
		{
			"run", func(s frame.Sustained) string { return strconv.Itoa(s.Point.Repetition) },
			func(s frame.Sustained) bool { return s.Point.Repetition > 1 },
		},
		{head: "seconds", of: func(s frame.Sustained) string { return strconv.FormatFloat(s.Point.DurationS, 'f', -1, 64) }},
		{
			"search MB/s", func(s frame.Sustained) string { return s.Search.String() },
			func(s frame.Sustained) bool { return s.Search.Known() },
		},
		{head: "first MB/s", of: func(s frame.Sustained) string { return stat.Digits(s.Course.First) }},
		{head: "mean MB/s", of: func(s frame.Sustained) string { return stat.Digits(s.Point.ThroughputMBps) }},
		{head: "last MB/s", of: func(s frame.Sustained) string { return stat.Digits(s.Course.Last) }},
		{head: "last / first", of: func(s frame.Sustained) string { return s.Course.Ratio.Format(3) }},
		{head: "slope %/min", of: func(s frame.Sustained) string { return slope(s.Course.Trend) }},
		{head: "p", of: func(s frame.Sustained) string { return fmt.Sprintf("%.2g", s.Course.Trend.P) }},
		{head: "steady", of: func(s frame.Sustained) string { return string(s.Course.Steadiness) }},
		{head: "p99 ms", of: func(s frame.Sustained) string {
			return frame.PercentileOf(frame.P99, s.Point.LatencyMs.P99, s.Point.Ops).Text()
		}},
		{head: "disk GB", of: func(s frame.Sustained) string { return stat.OrMissing(s.Course.DiskGB) }},
		{head: "written", of: func(s frame.Sustained) string { return stat.OrMissing(s.Course.Amplification) }},
		{head: "by compactions", of: func(s frame.Sustained) string { return stat.Percent(s.Course.Compacted) }},
		{head: "memory MiB", of: func(s frame.Sustained) string { return stat.OrMissing(s.Course.ServerMiB) }},
		{head: "memory, last / middle", of: func(s frame.Sustained) string { return stat.OrMissing(s.Course.MemoryGrowth) }},
		{head: "stalls s", of: func(s frame.Sustained) string { return stat.Digits(s.Course.StallS) }},
	})

// slope is the trend in percent per minute.
func slope(t stat.Trend) string {
	switch {
	case t.N == 0:
		return stat.Missing
	case !t.HasInterval():
		return fmt.Sprintf("%+.2f", 100*t.Slope)
	}
	return fmt.Sprintf("%+.2f [%+.2f, %+.2f]", 100*t.Slope, 100*t.Low, 100*t.High)
}
