package agent

import (
	"errors"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/mabd"
)

// fixedRate makes a load of the bench, which lasts 120 ms, an open loop.
func fixedRate(rate float64) func(*Spec) {
	return func(s *Spec) { s.Arrival, s.Rate = result.Fixed, rate }
}

// Every operation that is due before the end begins once or waits until the end, over all agents, and what has begun is
// in the history. A client that has looked at the clock just before the end may do both with one. Operations that are due
// in the window of 100 ms are counted whatever became of them.
func TestOpenLoop(t *testing.T) {
	each(t, func(t *testing.T, p protocols.Protocol) {
		b := newBench(t, p, 1)
		b.preload()
		for rate, due := range map[float64]int64{1000: 120, 100_000: 12_000} {
			for _, op := range []protocols.Op{protocols.Read, protocols.Write} {
				r := b.load(op, clients, fixedRate(rate))
				b.wantRounds(op, 1, r)
				b.wantCost(op, 1, r.Ops(), r.Bytes)
				o := *r.Open
				if both := r.Ops() + o.Backlog.End - due; both < 0 || both > clients || o.Arrivals != due*100/120 {
					t.Errorf("%s at %v/s: %d begun, %d waiting of %d due; %d due in the window",
						op, rate, r.Ops(), o.Backlog.End, due, o.Arrivals)
				}
				if o.Service.SumNs > r.Latency().SumNs || o.Slip.SumNs < 0 {
					t.Errorf("%s at %v/s: %d ns of service in %d ns of latency, %d ns of slip",
						op, rate, o.Service.SumNs, r.Latency().SumNs, o.Slip.SumNs)
				}
			}
		}
		b.readBack()
		b.wantLinearizable()
	})
}

// With more operations than the clients can run, they wait for each other, not for the generator: the backlog grows, and
// latencies exceed what operations take by far.
func TestOpenLoopOverloaded(t *testing.T) {
	b := newBench(t, mabd.Protocol{}, 1)
	r := b.load(protocols.Write, clients, fixedRate(1e6))
	o := r.Open
	if o.Backlog.End <= o.Backlog.Begin || o.Backlog.Begin == 0 {
		t.Errorf("backlog %d, then %d", o.Backlog.Begin, o.Backlog.End)
	}
	if waited := r.Latency().SumNs - o.Service.SumNs; waited < 2*o.Service.SumNs || o.Slip.SumNs > waited/4 {
		t.Errorf("%d operations: %d ns of latency, %d of service, %d of slip", r.Latency().Count(), r.Latency().SumNs,
			o.Service.SumNs, o.Slip.SumNs)
	}
}

// Only agents that have a client take part, and share the rate.
func TestOpenLoopOfOneClient(t *testing.T) {
	b := newBench(t, mabd.Protocol{}, 1)
	if r := b.load(protocols.Write, 1, fixedRate(200)); r.Ops()+r.Open.Backlog.End-24 > 1 || r.Open.Arrivals != 20 {
		t.Errorf("%d operations, %d waiting, %d due in the window, want 24 in all and 20", r.Ops(), r.Open.Backlog.End,
			r.Open.Arrivals)
	}
	for _, e := range b.wantLinearizable() {
		if e.Client != 1 {
			t.Fatalf("client %d took part", e.Client)
		}
	}
}

func TestOpenLoopRefuses(t *testing.T) {
	b := newBench(t, mabd.Protocol{}, 1)
	for want, spec := range map[string]Spec{
		`unknown arrival process "bursts"`: {Load: result.Load{Arrival: "bursts", Rate: 1}},
		"a rate of 0/s":                    {Load: result.Load{Arrival: result.Poisson}},
	} {
		spec.Clients, spec.Keys = 1, 1
		if _, err := b.agents[0].Load(b.soon(), spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Load: %v, want %q", err, want)
		}
	}
}

// The slip is what is left when neither the schedule, nor the client's last operation, nor servers that lag explain when
// an operation started.
func TestSlip(t *testing.T) {
	for name, c := range map[string]struct{ due, idle, waited, slip int64 }{
		"an idle client":                {900, 100, 0, 100},
		"a client that was busy":        {900, 970, 0, 30},
		"a server that lagged":          {900, 100, 60, 40},
		"a busy client, then that lags": {900, 970, 30, 0},
	} {
		done := completed{start: 1000, waited: c.waited}
		done.arrived(c.due, c.idle)
		if done.due != c.due || done.slip != c.slip {
			t.Errorf("%s: due %d, slip %d, want %d", name, done.due, done.slip, c.slip)
		}
	}
}

// An operation counts by when it was due, when it began and when it ended: at every edge of the window [1000, 2000).
func TestOpenTally(t *testing.T) {
	spec := Spec{Load: result.Load{Arrival: result.Poisson}, WarmupEndNs: 1000, EndNs: 2000}
	one, two := newTally(newWindow(t.Context(), spec)), newTally(newWindow(t.Context(), spec))
	read := func(t *Tally, done completed, err error) { t.add(protocols.Read, done, err) }
	read(one, completed{due: 900, start: 999, end: 1000, slip: 50}, nil)            // begun in time
	read(one, completed{due: 999, start: 1000, end: 1500, slip: 1, waited: 4}, nil) // waited at the window's begin
	read(one, completed{due: 1000, start: 1000, end: 1999}, nil)                    // at once
	read(two, completed{due: 1999, start: 1999, end: 2000}, nil)                    // ended too late
	read(two, completed{due: 1998, start: 2000, end: 2100}, nil)                    // waited at its end
	read(two, completed{due: 1100, start: 1200, end: 1300}, errors.New("due all the same"))
	two.neverBegan(950)
	two.neverBegan(1950)
	r := travelled(t, one, two)
	o := r.Open
	if o.Arrivals != 5 || o.Backlog != (result.Backlog{Begin: 2, End: 3}) {
		t.Errorf("%d arrivals in the window, backlog %+v, want 5, 2, 3", o.Arrivals, o.Backlog)
	}
	if r.Latency().SumNs != 100+501+999 || o.Service.SumNs != 1+500+999 || o.Slip.SumNs != 51 || r.WaitNs != 4 {
		t.Errorf("%+v, %+v", r, *o)
	}
	if r.Latency().Count() != 3 || o.Service.Count() != 3 || o.Slip.Count() != 3 {
		t.Errorf("%d latencies, %d of service, %d slips, want 3", r.Latency().Count(), o.Service.Count(), o.Slip.Count())
	}
	if closed := travelled(t, newTally(newWindow(t.Context(), Spec{}))); closed.Open != nil {
		t.Errorf("a closed loop's tally: %+v", closed.Open)
	}
}
