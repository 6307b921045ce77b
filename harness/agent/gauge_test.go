package agent

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// burn takes that much processor time of this thread.
func burn(d time.Duration) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for since := threadTime(); threadTime()-since < d.Nanoseconds(); {
	}
}

// A gauge counts the processor time between start and stop and nothing else: not the protocol's, nor what is slept.
func TestGauge(t *testing.T) {
	const own, protocols = 3 * time.Millisecond, 300 * time.Millisecond
	var operations atomic.Int64
	var g gauge
	var sum Gauged
	for range 2 * gaugedEvery {
		g.begin(&operations)
		if g.on {
			burn(own)
			g.stop()
			burn(protocols)
			g.start()
			time.Sleep(protocols)
			burn(own)
		}
		sum.add(g.end())
	}
	if each := time.Duration(sum.Each()); sum.Ops != 2 || each < 2*own*9/10 || each > protocols {
		t.Errorf("%v for each of %d operations, want 2 of %v", each, sum.Ops, 2*own)
	}
}

// Outside of a load nothing is gauged.
func TestGaugeOfNoLoad(t *testing.T) {
	var g gauge
	g.start()
	g.stop()
	if got := g.end(); got != (Gauged{}) || got.Each() != 0 {
		t.Errorf("%+v", got)
	}
}

// wantGauged wants one of so many operations to have been gauged, give or take those that never began.
func (b *bench) wantGauged(l Tally) {
	b.t.Helper()
	if off := gaugedEvery*l.Gauged.Ops - l.Ops(); off < -gaugedEvery*(agents+clients) || off > gaugedEvery*agents || l.Gauged.Ns == 0 {
		b.t.Errorf("%d of %d operations are gauged, for %d ns", l.Gauged.Ops, l.Ops(), l.Gauged.Ns)
	}
}
