package agent

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/control"
)

// A window is the measured part of a load. It ends at EndNs unless it may be prolonged: then the coordinator decides while
// it is open, and all agents close it at the same instant.
type window struct {
	Spec
	ctx     context.Context // ends with the window if it may be prolonged, and with the load
	over    context.CancelFunc
	end     atomic.Int64  // 0 until it is decided
	decided chan struct{} // closed then
	ended   atomic.Int64  // operations that ended well since the window began
	across  atomic.Int64  // operations in progress that began before its end
}

func newWindow(ctx context.Context, spec Spec) *window {
	w := &window{Spec: spec, decided: make(chan struct{})}
	w.ctx, w.over = context.WithCancel(ctx)
	if spec.LatestNs <= spec.EndNs {
		w.end.Store(spec.EndNs)
		close(w.decided)
	}
	return w
}

// until is the instant from which on no operation begins, as far as it is known.
func (w *window) until() int64 {
	if end := w.end.Load(); end != 0 {
		return end
	}
	return w.LatestNs
}

// knows reports whether it is decided on which side of the window's end the instant lies.
func (w *window) knows(ns int64) bool { return ns < w.EndNs || w.end.Load() != 0 }

// contains reports whether the instant lies in the window.
func (w *window) contains(ns int64) bool { return w.WarmupEndNs <= ns && (ns < w.until() || w.Faulty) }

// within is the part of the time from … to that lies in the window, in ns.
func (w *window) within(from, to int64) int64 {
	return max(0, min(to, w.until())-max(from, w.WarmupEndNs))
}

// recordingSlice is for how long clients that record operations in turn only record everything, and then nothing: long beside
// an operation, so that nearly all of what recording it takes falls into the slice in which it began, and short beside what else
// changes on a machine.
const recordingSlice = 100 * time.Millisecond

// records reports whether an operation that begins then is recorded: all of what comes before the window is.
func (w *window) records(ns int64) bool {
	since := time.Duration(ns - w.WarmupEndNs)
	return !w.Alternates() || since < 0 || since/recordingSlice%2 == 0
}

// Alternation is how much of a window that is so long passes while clients that record operations in turn only record everything,
// and while they record nothing.
func Alternation(window time.Duration) (recorded, unrecorded time.Duration) {
	recorded = window / (2 * recordingSlice) * recordingSlice
	recorded += min(window%(2*recordingSlice), recordingSlice)
	return recorded, window - recorded
}

// close decides when the window ends.
func (w *window) close(ns int64) error {
	if ns < w.EndNs || ns > w.LatestNs {
		return fmt.Errorf("a window that lasts until %d to %d ns cannot end at %d ns", w.EndNs, w.LatestNs, ns)
	}
	if !w.end.CompareAndSwap(0, ns) {
		return errors.New("the window's end is decided already")
	}
	close(w.decided)
	time.AfterFunc(time.Duration(ns-clock.Now()), w.over)
	return nil
}

// wait waits until the window's end is decided.
func (w *window) wait(ctx context.Context) error {
	select {
	case <-w.decided:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Ended returns how many operations of the present load, if there is one, have ended well since its window began.
func (a *Agent) Ended(context.Context, control.Nothing) (int64, error) {
	if w := a.window.Load(); w != nil {
		return w.ended.Load(), nil
	}
	return 0, nil
}

// CloseWindow ends the window of the present load, which may be prolonged, at the instant. It may be called a moment before or
// after: operations that end meanwhile are counted as if it had been known.
func (a *Agent) CloseWindow(_ context.Context, ns int64) (none control.Nothing, _ error) {
	w := a.window.Load()
	if w == nil {
		return none, errors.New("there is no load whose window could end")
	}
	return none, w.close(ns)
}
