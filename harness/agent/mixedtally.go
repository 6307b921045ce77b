package agent

import (
	"cmp"
	"errors"
	"time"

	"github.com/powbench/powbench/harness/client"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
)

// MixedReport is what an agent's clients did in a mixed load, from its start until the last operation was over.
type MixedReport struct {
	// Buckets are one after the other without a gap, at least until EndNs; AtMs is since StartNs. An operation counts in
	// the bucket in which it ended or was given up, the latter as an error.
	Buckets       []result.Bucket
	Reads, Writes int64 // that ended well
	Pending       int64 // given up
	Failed        int64 // that ended with an error, or READs of bytes that nobody wrote
	FirstError    string
	Read, Write   MixedKind
	LongestNs     int64 // of all operations, also of those that were given up
}

// mixedTally counts operations of a mixed load.
type mixedTally struct {
	spec            MixedSpec
	buckets         []bucket
	pending, failed int64
	longestNs       int64
	firstError      error
	kinds           map[protocols.Op]*kind
}

// bucket is what was over in one interval.
type bucket struct {
	read, write ended
	errors      int64
}

// ended is the operations of one kind.
type ended struct{ ops, sumNs, maxNs int64 }

func newMixedTally(spec MixedSpec) *mixedTally {
	return &mixedTally{
		spec:    spec,
		buckets: make([]bucket, max(0, (spec.EndNs-spec.StartNs+spec.BucketNs-1)/spec.BucketNs)),
		kinds:   map[protocols.Op]*kind{protocols.Read: newKind(), protocols.Write: newKind()},
	}
}

// add counts an operation that is over.
func (t *mixedTally) add(op protocols.Op, done completed, err error) {
	latency := done.end - done.start
	t.longestNs = max(t.longestNs, latency)
	b := t.bucket(done.end)
	if err != nil {
		b.errors++
		t.fail(err)
		return
	}
	t.kinds[op].add(latency, done)
	if op == protocols.Read {
		b.read.add(ended{1, latency, latency})
	} else {
		b.write.add(ended{1, latency, latency})
	}
}

func (t *mixedTally) fail(err error) {
	if errors.Is(err, client.ErrPending) {
		t.pending++
	} else {
		t.failed++
	}
	if t.firstError == nil {
		t.firstError = err
	}
}

// bucket is that of the instant at.
func (t *mixedTally) bucket(at int64) *bucket {
	i := int(max(0, at-t.spec.StartNs) / t.spec.BucketNs)
	if missing := i + 1 - len(t.buckets); missing > 0 {
		t.buckets = append(t.buckets, make([]bucket, missing)...)
	}
	return &t.buckets[i]
}

func (e *ended) add(o ended) {
	e.ops, e.sumNs, e.maxNs = e.ops+o.ops, e.sumNs+o.sumNs, max(e.maxNs, o.maxNs)
}

// merge adds another client's.
func (t *mixedTally) merge(o *mixedTally) {
	for i, b := range o.buckets {
		sum := t.bucket(t.spec.StartNs + int64(i)*t.spec.BucketNs)
		sum.read.add(b.read)
		sum.write.add(b.write)
		sum.errors += b.errors
	}
	t.pending += o.pending
	t.failed += o.failed
	t.longestNs = max(t.longestNs, o.longestNs)
	t.firstError = cmp.Or(t.firstError, o.firstError)
	for op, k := range o.kinds {
		t.kinds[op].merge(k)
	}
}

func (t *mixedTally) report() (r MixedReport, err error) {
	for i, b := range t.buckets {
		r.Buckets = append(r.Buckets, result.Bucket{
			AtMs: ms(int64(i) * t.spec.BucketNs), Read: b.read.result(), Write: b.write.result(), Errors: b.errors,
		})
	}
	reads, writes := t.kinds[protocols.Read], t.kinds[protocols.Write]
	r.Reads, r.Writes = reads.histogram.TotalCount(), writes.histogram.TotalCount()
	r.Pending, r.Failed, r.LongestNs = t.pending, t.failed, t.longestNs
	if t.firstError != nil {
		r.FirstError = t.firstError.Error()
	}
	if r.Read, err = reads.report(); err != nil {
		return r, err
	}
	r.Write, err = writes.report()
	return r, err
}

func (e ended) result() result.Ended {
	if e.ops == 0 {
		return result.Ended{}
	}
	return result.Ended{Ops: e.ops, MeanMs: ms(e.sumNs) / float64(e.ops), MaxMs: ms(e.maxNs)}
}

func ms(ns int64) float64 { return float64(ns) / float64(time.Millisecond) }
