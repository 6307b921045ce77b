package agent

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Histograms cover 1 µs to 100 s with 3 significant digits; values are in ns.
const (
	histogramMin    = int64(time.Microsecond)
	histogramMax    = int64(100 * time.Second)
	histogramDigits = 3
)

func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(histogramMin, histogramMax, histogramDigits)
}

// encode is the form in which histograms travel: HDR V2, compressed and base64.
func encode(h *hdrhistogram.Histogram) (string, error) {
	text, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	return string(text), err
}

// timing gathers times in ns.
type timing struct {
	sum       int64
	histogram *hdrhistogram.Histogram
}

func newTiming() timing { return timing{histogram: newHistogram()} }

func (t *timing) add(ns int64) {
	t.sum += ns
	_ = t.histogram.RecordValue(min(ns, histogramMax)) // in range by construction
}

func (t *timing) merge(o timing) {
	t.sum += o.sum
	t.histogram.Merge(o.histogram)
}

// Timing is some times of a window's operations: their sum in ns, and themselves in a histogram like LoadReport's.
type Timing struct {
	SumNs     int64
	Histogram string
}

func (t *timing) report() (Timing, error) {
	text, err := encode(t.histogram)
	return Timing{t.sum, text}, err
}
