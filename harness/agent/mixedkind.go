package agent

import (
	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/powbench/powbench/harness/result"
)

// MixedKind is the READs, or the WRITEs, that ended well.
type MixedKind struct {
	Rounds    map[result.Rounds]int64 // rounds → operations
	Most      result.Most
	Histogram string // of the latencies in ns, HDR V2 compressed and base64
}

// kind is the operations of one kind that ended well.
type kind struct {
	histogram *hdrhistogram.Histogram
	rounds    map[result.Rounds]int64
	most      result.Most
}

func newKind() *kind { return &kind{histogram: newHistogram(), rounds: make(map[result.Rounds]int64)} }

func (k *kind) add(latency int64, done completed) {
	_ = k.histogram.RecordValue(min(latency, histogramMax)) // in range by construction
	k.rounds[done.rounds]++
	k.most.Raise(done.most)
}

func (k *kind) merge(o *kind) {
	k.histogram.Merge(o.histogram)
	for rounds, n := range o.rounds {
		k.rounds[rounds] += n
	}
	k.most.Raise(o.most)
}

func (k *kind) report() (MixedKind, error) {
	histogram, err := encode(k.histogram)
	return MixedKind{Rounds: k.rounds, Most: k.most, Histogram: histogram}, err
}
