package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/powbench/powbench/harness/client"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
)

// travelled is the sum of tallies that came from other processes.
func travelled(t *testing.T, tallies ...*Tally) *Tally {
	t.Helper()
	sum := new(Tally)
	for _, x := range tallies {
		text, err := json.Marshal(x)
		if err != nil {
			t.Fatal(err)
		}
		var there Tally
		if err := json.Unmarshal(text, &there); err != nil {
			t.Fatal(err)
		}
		sum.Merge(&there)
	}
	return sum
}

// timingOf is the timing of these times.
func timingOf(ns ...int64) (t Timing) {
	for _, x := range ns {
		t.Add(x)
	}
	return t
}

// What a client has done counts by where it ended: in the window, outside, or not at all.
func TestTally(t *testing.T) {
	spec := Spec{WarmupEndNs: 1000, EndNs: 2000}
	one, two := newTally(newWindow(t.Context(), spec)), newTally(newWindow(t.Context(), spec))
	usual, three := result.Rounds{Data: 1, Metadata: 1}, result.Rounds{Data: 1, Metadata: 2}
	for _, end := range []int64{900, 999, 1000, 1999, 2000, 2100} { // the window is [1000, 2000)
		one.add(protocols.Read, completed{due: end - 500, end: end, rounds: usual}, nil)
	}
	two.add(protocols.Write, completed{due: 1000, end: 1800, rounds: three, waited: 7}, nil)
	two.add(protocols.Read, completed{due: 1000, end: 2500, rounds: three, waited: 5}, nil)
	two.add(protocols.Read, completed{}, errors.New("first"))
	two.add(protocols.Read, completed{}, fmt.Errorf("second: %w", client.ErrPending))
	one.Messages, two.Messages = traffic(24, 23), traffic(1, 2)
	one.Gauged, two.Gauged = Gauged{Ops: 2, Ns: 60}, Gauged{Ops: 1, Ns: 30}
	two.Overtaken, two.Background = 2, Background{Ops: 1, Bytes: traffic(20, 2)}
	r := travelled(t, one, two)
	if r.Latency().Count() != 3 || r.Ops() != 8 || r.WaitNs != 7 || r.Latency().SumNs != 500+500+800 || r.Rounds[2] != 2 ||
		r.Rounds[3] != 1 || r.Overtaken != 2 || r.Gauged.Each() != 30 {
		t.Errorf("%+v", r)
	}
	if want := map[result.Rounds]int64{usual: 6, three: 2}; !reflect.DeepEqual(r.Kinds(), want) {
		t.Errorf("rounds of the load's operations: %v, want %v", r.Kinds(), want)
	}
	if r.Failed != 1 || r.Pending != 1 || r.Errors() != 2 || r.FirstError != "first" {
		t.Errorf("%d failed, %d pending, the first %q", r.Failed, r.Pending, r.FirstError)
	}
	if r.Messages != traffic(25, 25) || r.Background != two.Background {
		t.Errorf("messages %+v, background %+v", r.Messages, r.Background)
	}
}

// Operations at the window's edges count by the part of their time that lies inside, and so does what clients waited, and spent
// between operations.
func TestWorkAtTheEdges(t *testing.T) {
	spec := Spec{WarmupEndNs: 1000, EndNs: 2000}
	one, two := newTally(newWindow(t.Context(), spec)), newTally(newWindow(t.Context(), spec))
	one.add(protocols.Read, completed{start: 0, end: 900}, nil)
	one.add(protocols.Read, completed{start: 500, end: 1500}, nil)
	one.add(protocols.Write, completed{free: 1450, start: 1600, end: 2600, waited: 100}, nil)
	two.add(protocols.Read, completed{start: 900, end: 2100}, nil)
	two.add(protocols.Read, completed{start: 1000, end: 1000}, nil)
	two.add(protocols.Read, completed{start: 1000, end: 2000}, errors.New("failed"))
	two.heldBack(1670, 1700, 2300)
	two.settle()
	r := travelled(t, one, two)
	if want := 0.5 + 0.4 + 1000./1200; math.Abs(r.Work()-want) > 1e-9 || r.BusyNs != 500+500+1000+300 {
		t.Errorf("work %v, busy %d ns, want %v and 2300 ns", r.Work(), r.BusyNs, want)
	}
	if r.BetweenNs != 50+30 {
		t.Errorf("%d ns between operations, want 80", r.BetweenNs)
	}
}

// The buckets of tallies add up, whichever has more.
func TestBuckets(t *testing.T) {
	const msNs = int64(time.Millisecond)
	spec := Spec{BucketNs: 100 * msNs, EndNs: 200 * msNs, Faulty: true}
	one, two := newTally(newWindow(t.Context(), spec)), newTally(newWindow(t.Context(), spec))
	one.add(protocols.Read, completed{end: 1 * msNs}, nil)
	one.add(protocols.Read, completed{end: 3 * msNs}, nil)
	one.add(protocols.Write, completed{start: 100 * msNs, end: 108 * msNs}, nil)
	two.add(protocols.Read, completed{end: 5 * msNs}, nil)
	two.add(protocols.Read, completed{end: 199 * msNs}, errors.New("why"))
	two.add(protocols.Read, completed{start: 250 * msNs, end: 251 * msNs}, nil)
	want := []result.Bucket{
		{Read: result.Ended{Ops: 3, MeanMs: 3, MaxMs: 5}},
		{AtMs: 100, Write: result.Ended{Ops: 1, MeanMs: 8, MaxMs: 8}, Errors: 1},
		{AtMs: 200, Read: result.Ended{Ops: 1, MeanMs: 1, MaxMs: 1}},
	}
	if got := travelled(t, one, two).Buckets; !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// Times beyond the histogram's range count as its ends, none is lost.
func TestTimingKeepsExtremes(t *testing.T) {
	timing := timingOf(0, 1, int64(time.Microsecond), int64(time.Second), histogramMax, int64(time.Hour))
	if n := timing.Count(); n != 6 {
		t.Errorf("%d of 6 times recorded", n)
	}
	if got := time.Duration(timing.hdr().ValueAtQuantile(60)); (got - time.Second).Abs() > time.Millisecond {
		t.Errorf("a time of 1 s was recorded as %v", got)
	}
	if l := timingOf(2e6, 6e6).Latency(); l.Mean != 4 {
		t.Errorf("the mean of 2 and 6 ms: %+v", l)
	}
	if l := (Timing{}).Latency(); l != (result.Latency{}) {
		t.Errorf("of nothing: %+v", l)
	}
	if err := json.Unmarshal([]byte(`{"Histogram": "?"}`), &timing); err == nil {
		t.Error("a broken histogram was accepted")
	}
}
