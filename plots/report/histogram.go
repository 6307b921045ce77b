package report

import (
	"fmt"
	"math"
	"strings"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/powbench/powbench/harness/result"
)

// Sizes of a drawn histogram, in units of its view box. Bins are equally wide on a logarithmic axis.
const (
	bins         = 48
	binWidth     = 5
	histogramTop = 60
)

// A histogram draws how many operations had which latency, and names the ends of its axis in ms.
type histogram struct {
	Path      string // of an SVG; empty if there is no histogram to be read
	Low, High string
	counts    []int64
}

// Width and Height are the size of the drawing's view box.
func (histogram) Width() int  { return bins * binWidth }
func (histogram) Height() int { return histogramTop }

// histograms draws the points' latencies on one axis, each alone and the valid ones together.
func histograms(points []result.Point) (each []histogram, all histogram) {
	decoded := make([]*hdrhistogram.Histogram, len(points))
	low, high := math.Inf(1), 0.0
	for i, p := range points {
		h, err := hdrhistogram.Decode([]byte(p.Histogram))
		if err != nil || h.TotalCount() == 0 {
			continue
		}
		decoded[i] = h
		low, high = min(low, float64(h.Min())), max(high, float64(h.Max()))
	}
	each = make([]histogram, len(points))
	axis := newLogBins(low, high)
	all.counts = make([]int64, bins)
	for i, h := range decoded {
		if h == nil {
			continue
		}
		each[i].counts = axis.count(h)
		each[i].draw(axis)
		if points[i].Valid {
			for b, n := range each[i].counts {
				all.counts[b] += n
			}
		}
	}
	all.draw(axis)
	return each, all
}

// logBins are bins from low to high ns.
type logBins struct{ low, high float64 }

// newLogBins makes the axis at least a tenth wide, so that equal latencies stand in one bin of it.
func newLogBins(low, high float64) logBins {
	return logBins{max(low, 1), max(high, 1.1*max(low, 1))}
}

// count sorts the histogram's operations into the bins.
func (a logBins) count(h *hdrhistogram.Histogram) []int64 {
	counts := make([]int64, bins)
	for _, b := range h.Distribution() {
		if b.Count > 0 {
			at := math.Log(float64(max(b.From, 1))/a.low) / math.Log(a.high/a.low) * bins
			counts[min(max(int(at), 0), bins-1)] += b.Count
		}
	}
	return counts
}

// draw turns the counts into the outline of bars, if there are any.
func (h *histogram) draw(a logBins) {
	var most int64
	for _, n := range h.counts {
		most = max(most, n)
	}
	if most == 0 {
		return
	}
	h.Low, h.High = number(a.low/1e6), number(a.high/1e6)
	var path strings.Builder
	for i, n := range h.counts {
		if n == 0 {
			continue
		}
		height := max(1, int(math.Round(histogramTop*float64(n)/float64(most))))
		fmt.Fprintf(&path, "M%d %dv-%dh%dv%dz", i*binWidth, histogramTop, height, binWidth, height)
	}
	h.Path = path.String()
}
