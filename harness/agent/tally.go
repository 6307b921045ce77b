package agent

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/powbench/powbench/harness/result"
)

// Histograms cover 1 µs to 100 s with 3 significant digits; values are in ns.
const (
	histogramMin    = int64(time.Microsecond)
	histogramMax    = int64(100 * time.Second)
	histogramDigits = 3
)

// tally counts one client's operations.
type tally struct {
	windowOps, loadOps, errors, latencyNs, waitNs, overtaken int64

	firstError error
	histogram  *hdrhistogram.Histogram
	rounds     map[int]int64           // of the window
	kinds      map[result.Rounds]int64 // of the whole load
}

func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(histogramMin, histogramMax, histogramDigits)
}

// encode is the form in which histograms travel: HDR V2, compressed and base64.
func encode(h *hdrhistogram.Histogram) (string, error) {
	text, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	return string(text), err
}

func newTally() *tally {
	return &tally{
		histogram: newHistogram(),
		rounds:    make(map[int]int64),
		kinds:     make(map[result.Rounds]int64),
	}
}

func (t *tally) add(done completed, err error, spec LoadSpec) {
	if err != nil {
		t.errors++
		if t.firstError == nil {
			t.firstError = err
		}
		return
	}
	t.loadOps++
	t.kinds[done.rounds]++
	if done.end < spec.WarmupEndNs || done.end >= spec.MeasureEndNs {
		return
	}
	latency := done.end - done.start
	t.windowOps++
	t.latencyNs += latency
	t.waitNs += done.waited
	t.rounds[done.rounds.Total()]++
	_ = t.histogram.RecordValue(min(latency, histogramMax)) // in range by construction
}

// merge adds the clients' tallies up.
func merge(tallies []*tally) (LoadReport, error) {
	sum := newTally()
	for _, t := range tallies {
		sum.windowOps += t.windowOps
		sum.loadOps += t.loadOps
		sum.errors += t.errors
		sum.latencyNs += t.latencyNs
		sum.waitNs += t.waitNs
		sum.overtaken += t.overtaken
		sum.histogram.Merge(t.histogram)
		for rounds, n := range t.rounds {
			sum.rounds[rounds] += n
		}
		for rounds, n := range t.kinds {
			sum.kinds[rounds] += n
		}
		if sum.firstError == nil {
			sum.firstError = t.firstError
		}
	}
	report := LoadReport{
		WindowOps: sum.windowOps, LoadOps: sum.loadOps, Errors: sum.errors,
		LatencyNs: sum.latencyNs, WaitNs: sum.waitNs, Overtaken: sum.overtaken,
		Rounds: sum.rounds, RoundKinds: sum.kinds,
	}
	if sum.firstError != nil {
		report.Error = sum.firstError.Error()
	}
	var err error
	report.Histogram, err = encode(sum.histogram)
	return report, err
}
