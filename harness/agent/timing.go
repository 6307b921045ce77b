package agent

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/powbench/powbench/harness/result"
)

// Longest is the longest time that a histogram tells from longer ones.
const Longest = 100 * time.Second

// Histograms cover 1 µs to Longest with 3 significant digits; values are in ns.
const (
	histogramMin    = int64(time.Microsecond)
	histogramMax    = int64(Longest)
	histogramDigits = 3
)

// A Timing gathers times in ns: their exact sum and a histogram. The zero Timing has none.
type Timing struct {
	SumNs     int64
	histogram *hdrhistogram.Histogram // nil for no times
}

// Add adds a time.
func (t *Timing) Add(ns int64) {
	t.SumNs += ns
	_ = t.hdr().RecordValue(min(ns, histogramMax)) // in range by construction
}

func (t *Timing) merge(o Timing) {
	if o.histogram != nil {
		t.SumNs += o.SumNs
		t.hdr().Merge(o.histogram)
	}
}

func (t *Timing) hdr() *hdrhistogram.Histogram {
	if t.histogram == nil {
		t.histogram = hdrhistogram.New(histogramMin, histogramMax, histogramDigits)
	}
	return t.histogram
}

// Count is the number of times.
func (t Timing) Count() int64 { return t.hdr().TotalCount() }

// Latency sums the times up. Their mean is exact.
func (t Timing) Latency() result.Latency {
	h := t.hdr()
	if h.TotalCount() == 0 {
		return result.Latency{}
	}
	return result.Latency{
		Mean: ms(t.SumNs) / float64(h.TotalCount()), P50: ms(h.ValueAtQuantile(50)), P90: ms(h.ValueAtQuantile(90)),
		P99: ms(h.ValueAtQuantile(99)), P999: ms(h.ValueAtQuantile(99.9)), Max: ms(h.Max()),
	}
}

// Above is how many of the times are longer than the bound; some of those that the histogram does not tell from it count, too.
func (t Timing) Above(ns int64) (n int64) {
	for _, b := range t.hdr().Distribution() {
		if b.To > ns {
			n += b.Count
		}
	}
	return n
}

// Encode is the histogram as results have it: HDR V2, compressed and base64.
func (t Timing) Encode() (string, error) {
	text, err := t.hdr().Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		return "", fmt.Errorf("encode histogram: %w", err)
	}
	return string(text), nil
}

// timingJSON is how a timing travels.
type timingJSON struct {
	SumNs     int64
	Histogram string `json:",omitempty"`
}

// MarshalJSON implements json.Marshaler.
func (t Timing) MarshalJSON() (_ []byte, err error) {
	j := timingJSON{SumNs: t.SumNs}
	if t.histogram != nil {
		if j.Histogram, err = t.Encode(); err != nil {
			return nil, err
		}
	}
	return json.Marshal(j)
}

// UnmarshalJSON implements json.Unmarshaler.
func (t *Timing) UnmarshalJSON(data []byte) (err error) {
	var j timingJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	*t = Timing{SumNs: j.SumNs}
	if j.Histogram == "" {
		return nil
	}
	if t.histogram, err = hdrhistogram.Decode([]byte(j.Histogram)); err != nil {
		return fmt.Errorf("a histogram: %w", err)
	}
	return nil
}

func ms(ns int64) float64 { return float64(ns) / float64(time.Millisecond) }
