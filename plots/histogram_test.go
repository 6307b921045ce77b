package plots

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/powbench/powbench/harness/result"
)

// timed is how many operations a synthetic run has: enough for a p99 of its own.
const timed = 1000

// histogramOf is one of operations with these percentiles, evenly spread between them, and from half of p50 on.
func histogramOf(l result.Latency) string {
	h := hdrhistogram.New(int64(time.Microsecond), int64(100*time.Second), 3)
	for i := range timed {
		u := (float64(i) + 0.5) / timed
		ms := l.P50 * (0.5 + u)
		if u > 0.5 {
			ms = l.P50 + (l.P99-l.P50)*(u-0.5)/0.49
		}
		if err := h.RecordValue(int64(1e6 * ms)); err != nil {
			panic(err)
		}
	}
	text, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		panic(err)
	}
	return string(text)
}
