package agent

import (
	"cmp"
	"errors"
	"maps"
	"math"

	"github.com/powbench/powbench/harness/client"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
)

// A Tally counts what clients did in a load. Those of several clients, agents or loads merge into one.
type Tally struct {
	Read, Write Kind          // that ended well
	Rounds      map[int]int64 // rounds that the window's operations took → operations
	// BusyNs is the time in the window that clients spent on operations, and waiting for servers that lagged.
	BusyNs     int64
	BetweenNs  int64  // and between them: for the generator's own work, and to get a processor for it
	WaitNs     int64  // how long clients waited, before the window's operations, for servers that lagged behind
	Overtaken  int64  // operations that began although a connected server lagged too far behind
	Pending    int64  // operations that were given up
	Failed     int64  // that ended with an error, or READs of bytes that were never written
	Starved    int64  // of those that failed, READs to which WRITEs left no round to end in
	FirstError string // of the operations that were given up or failed
	// Of the operations that began in the window, those that clients recorded, and those that they did not.
	Recorded, Unrecorded int64
	LongestNs            int64  // of all operations, also of those that were given up
	LastNs               int64  // when the last of them ended
	Gauged               Gauged // some of all operations
	Open                 *Open  `json:",omitempty"` // nil of a closed loop
	// Buckets are one after the other without a gap. An operation counts in the bucket in which it ended or was given up,
	// the latter as an error.
	Buckets []result.Bucket `json:",omitempty"`
	// What was written to and read from the links, from start to drain, without the background's.
	Bytes, Messages result.Traffic
	Background      Background

	window  *window
	held    []func()      // counts what ended, or never began, when it is decided whether that was in the window
	nowhere result.Bucket // takes what has no bucket
}

// A Kind is the READs, or the WRITEs, that ended well from the load's start to its drain.
type Kind struct {
	Ops int64
	// Work is how many of them fell into the window: of one that began before it or ended after it, the share of its time that
	// lies inside.
	Work    float64
	Rounds  map[result.Rounds]int64 // rounds → operations
	Most    result.Most
	Latency Timing // of those that ended in the window, since they were due
}

// Open has the numbers of an open loop.
type Open struct {
	Arrivals int64          // operations due in the window
	Backlog  result.Backlog // operations that were due but had not begun when the window began and ended
	// Service is what the window's operations took from their start to their end; Slip is by how much they started late
	// although a client was idle and no server lagged.
	Service, Slip Timing
}

// newTally returns the empty tally of a load.
func newTally(w *window) *Tally {
	t := &Tally{window: w, Rounds: map[int]int64{}}
	if w.Open() {
		t.Open = new(Open)
	}
	if w.BucketNs > 0 {
		t.bucket(w.EndNs - 1) // and all before it
	}
	return t
}

// settle counts what waited for the window's end to be decided.
func (t *Tally) settle() {
	for _, count := range t.held {
		count()
	}
	t.held = nil
}

// Ops is the number of operations that ended well.
func (t *Tally) Ops() int64 { return t.Read.Ops + t.Write.Ops }

// Work is how many operations of both kinds fell into the window.
func (t *Tally) Work() float64 { return t.Read.Work + t.Write.Work }

// Errors is the number of operations that did not end well.
func (t *Tally) Errors() int64 { return t.Pending + t.Failed }

// Latency is the latencies of the window's operations of both kinds.
func (t *Tally) Latency() (sum Timing) {
	sum.merge(t.Read.Latency)
	sum.merge(t.Write.Latency)
	return sum
}

// Kinds is the rounds that the load's operations of both kinds took → operations.
func (t *Tally) Kinds() map[result.Rounds]int64 {
	all := maps.Clone(t.Read.Rounds)
	for rounds, n := range t.Write.Rounds {
		count(&all, rounds, n)
	}
	return all
}

// add counts an operation that is over, as soon as it is decided whether it ended in the window. Few operations wait for
// that: a window is prolonged only while few have ended.
func (t *Tally) add(op protocols.Op, done completed, err error) {
	if err == nil && done.end >= t.window.WarmupEndNs {
		t.window.ended.Add(1)
	}
	if t.window.knows(done.end) {
		t.count(op, done, err)
		return
	}
	t.held = append(t.held, func() { t.count(op, done, err) })
}

func (t *Tally) count(op protocols.Op, done completed, err error) {
	took := done.end - done.start
	t.LongestNs, t.LastNs = max(t.LongestNs, took), max(t.LastNs, done.end)
	t.arrived(done.due, done.start)
	b := t.bucket(done.end)
	if err != nil {
		b.Errors++
		t.fail(err)
		return
	}
	kind, ended := &t.Read, &b.Read
	if op == protocols.Write {
		kind, ended = &t.Write, &b.Write
	}
	ended.Add(result.Ended{Ops: 1, MeanMs: ms(took), MaxMs: ms(took)})
	kind.Ops++
	count(&kind.Rounds, done.rounds, 1)
	kind.Most.Raise(done.most)
	if took > 0 {
		kind.Work += float64(t.window.within(done.start, done.end)) / float64(took)
	}
	if t.window.contains(done.start) {
		t.alternated(done.unrecorded)
	}
	t.BusyNs += t.window.within(done.start-done.waited, done.end)
	if t.Open == nil {
		t.BetweenNs += t.window.within(done.free, done.start) - t.window.within(done.start-done.waited, done.start)
	}
	if !t.window.contains(done.end) {
		return
	}
	if !done.unrecorded {
		kind.Latency.Add(done.end - done.due)
	}
	t.WaitNs += done.waited
	t.Rounds[done.rounds.Total()]++
	if t.Open != nil {
		t.Open.Service.Add(took)
		t.Open.Slip.Add(done.slip)
	}
}

// alternated counts an operation that began in the window.
func (t *Tally) alternated(unrecorded bool) {
	if unrecorded {
		t.Unrecorded++
	} else {
		t.Recorded++
	}
}

// heldBack counts the time that a client of a closed loop, free since its last operation, waited for servers that lagged,
// although its next operation then never began.
func (t *Tally) heldBack(free, from, to int64) {
	t.held = append(t.held, func() {
		t.BusyNs += t.window.within(from, to)
		t.BetweenNs += t.window.within(free, from)
	})
}

// fail counts an operation that did not end well.
func (t *Tally) fail(err error) {
	if errors.Is(err, client.ErrPending) {
		t.Pending++
	} else {
		t.Failed++
	}
	if errors.Is(err, protocols.ErrStarved) {
		t.Starved++
	}
	t.FirstError = cmp.Or(t.FirstError, err.Error())
}

// arrived counts an operation of an open loop that was due, whatever becomes of it, and that started then.
func (t *Tally) arrived(due, start int64) {
	if t.Open == nil {
		return
	}
	w, o := t.window, t.Open
	if w.contains(due) {
		o.Arrivals++
	}
	if due < w.WarmupEndNs && start >= w.WarmupEndNs {
		o.Backlog.Begin++
	}
	if due < w.until() && start >= w.until() {
		o.Backlog.End++
	}
}

// neverBegan counts an operation that was due in the load but waited until it ended.
func (t *Tally) neverBegan(due int64) {
	const never = math.MaxInt64
	if t.window.knows(never) {
		t.arrived(due, never)
		return
	}
	t.held = append(t.held, func() { t.arrived(due, never) })
}

// bucket is that of an instant; without buckets it is one that does not count.
func (t *Tally) bucket(at int64) *result.Bucket {
	each := t.window.BucketNs
	if each == 0 {
		return &t.nowhere
	}
	i := int(max(0, at-t.window.StartNs) / each)
	for len(t.Buckets) <= i {
		t.Buckets = append(t.Buckets, result.Bucket{AtMs: ms(int64(len(t.Buckets)) * each)})
	}
	return &t.Buckets[i]
}

// Merge adds another tally.
func (t *Tally) Merge(o *Tally) {
	t.Read.merge(o.Read)
	t.Write.merge(o.Write)
	for rounds, n := range o.Rounds {
		count(&t.Rounds, rounds, n)
	}
	t.BusyNs += o.BusyNs
	t.BetweenNs += o.BetweenNs
	t.WaitNs += o.WaitNs
	t.Overtaken += o.Overtaken
	t.Pending += o.Pending
	t.Failed += o.Failed
	t.Starved += o.Starved
	t.Recorded += o.Recorded
	t.Unrecorded += o.Unrecorded
	t.FirstError = cmp.Or(t.FirstError, o.FirstError)
	t.Gauged.add(o.Gauged)
	t.LongestNs, t.LastNs = max(t.LongestNs, o.LongestNs), max(t.LastNs, o.LastNs)
	if o.Open != nil {
		t.Open = cmp.Or(t.Open, new(Open))
		t.Open.merge(*o.Open)
	}
	for i, b := range o.Buckets { // they begin at the same instants
		if i == len(t.Buckets) {
			t.Buckets = append(t.Buckets, result.Bucket{AtMs: b.AtMs})
		}
		sum := &t.Buckets[i]
		sum.Read.Add(b.Read)
		sum.Write.Add(b.Write)
		sum.Errors += b.Errors
	}
	t.Bytes.Add(o.Bytes)
	t.Messages.Add(o.Messages)
	t.Background.Ops += o.Background.Ops
	t.Background.Bytes.Add(o.Background.Bytes)
}

func (k *Kind) merge(o Kind) {
	k.Ops += o.Ops
	k.Work += o.Work
	for rounds, n := range o.Rounds {
		count(&k.Rounds, rounds, n)
	}
	k.Most.Raise(o.Most)
	k.Latency.merge(o.Latency)
}

func (p *Open) merge(o Open) {
	p.Arrivals += o.Arrivals
	p.Backlog.Begin += o.Backlog.Begin
	p.Backlog.End += o.Backlog.End
	p.Service.merge(o.Service)
	p.Slip.merge(o.Slip)
}

// count adds n to a number of a map, which need not be there yet.
func count[K comparable](numbers *map[K]int64, key K, n int64) {
	if *numbers == nil {
		*numbers = map[K]int64{}
	}
	(*numbers)[key] += n
}
