package agent

import (
	"runtime"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// gaugedEvery is how many operations one that is gauged stands for. To read a thread's processor time is a system call,
// too dear for every operation.
const gaugedEvery = 8

// A gauge measures how much processor time the load generator takes for itself: to choose operations and keys, to hold
// back for servers that lag, to lay out and check values, to keep histories and tallies. What the protocol takes, its
// automaton, its coding and cryptography, and the transport, runs while the gauge is stopped. The zero gauge measures
// nothing.
type gauge struct {
	on    bool  // the client's operation is one of those that are gauged
	since int64 // when it was started, in ns of the thread's processor time
	ns    int64 // measured of the operation so far
}

// begin begins an operation with a started gauge, of which every gaugedEvery-th of all clients is gauged.
func (g *gauge) begin(operations *atomic.Int64) {
	*g = gauge{on: operations.Add(1)%gaugedEvery == 1}
	g.start()
}

// start goes on with what is the generator's own.
func (g *gauge) start() {
	if g.on {
		runtime.LockOSThread()
		g.since = threadTime()
	}
}

// stop leaves the thread to the protocol.
func (g *gauge) stop() {
	if g.on {
		g.ns += max(0, threadTime()-g.since-clockCost())
		runtime.UnlockOSThread()
	}
}

// end ends the operation.
func (g *gauge) end() Gauged {
	if !g.on {
		return Gauged{}
	}
	g.stop()
	defer func() { *g = gauge{} }()
	return Gauged{Ops: 1, Ns: g.ns}
}

// Gauged is some operations of a load, and the processor time that the load generator took for them.
type Gauged struct{ Ops, Ns int64 }

func (g *Gauged) add(o Gauged) {
	g.Ops += o.Ops
	g.Ns += o.Ns
}

// Each is the load generator's processor time for one operation, in ns; 0 if none was gauged.
func (g Gauged) Each() float64 { return float64(g.Ns) / float64(max(g.Ops, 1)) }

// threadTime is the processor time of the calling thread in ns.
func threadTime() int64 {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts) // cannot fail for the caller's own thread
	return ts.Nano()
}

// clockCost is what reading the clock adds to what lies between two readings, in ns.
var clockCost = sync.OnceValue(func() int64 {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	least := int64(1 << 62)
	for range 100 {
		since := threadTime()
		least = min(least, threadTime()-since)
	}
	return least
})
