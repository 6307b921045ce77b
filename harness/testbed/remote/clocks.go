package remote

import (
	"context"
	"fmt"
	"time"

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/control"
)

// A reading says how far a machine's clock is from this one's.
type reading struct {
	at     int64 // on this machine's clock, ns
	offset int64 // what the machine's time must be increased by, ns
	error  int64 // how far that may be off, either way: half of the shortest round trip, ns
}

// Of a reading: how often the machine is asked. The quickest answer says most: how long either way took is not known, but no longer
// than the whole.
const askings = 40

// read asks a machine for its time.
func read(ctx context.Context, c *control.Client) (reading, error) {
	best := reading{error: int64(time.Hour)}
	for range askings {
		begun := clock.Now()
		there, err := control.Call(ctx, c, timeCall, control.Nothing{})
		if err != nil {
			return best, err
		}
		ended := clock.Now()
		if half := (ended - begun + 1) / 2; half < best.error {
			best = reading{at: begun + half, offset: begun + half - there, error: half}
		}
	}
	return best, nil
}

// mostDrift is how fast a clock may run away from another, as a share: far more than any machine's does, so that one that is being
// set by hand or by a daemon in leaps is noticed.
const mostDrift = 200e-6

// A timekeeper knows a machine's clock from readings.
type timekeeper struct {
	name  string
	first reading
	last  reading
}

// add takes one more reading and says what is wrong with it, if anything is.
func (t *timekeeper) add(r reading) error {
	if t.first.at == 0 {
		t.first, t.last = r, r
		return nil
	}
	apart := float64(r.at - t.first.at)
	moved := abs(r.offset-t.first.offset) - r.error - t.first.error
	t.last = r
	if float64(moved) > mostDrift*apart {
		return fmt.Errorf("the clock of %s moved by %v in %v against this machine's: it is being set; histories cannot be ordered by it",
			t.name, time.Duration(moved), time.Duration(apart))
	}
	return nil
}

// drift is how fast the clock runs away, as a share, as far as readings tell; 0 at first.
func (t *timekeeper) drift() float64 {
	apart := float64(t.last.at - t.first.at)
	if apart <= 0 {
		return 0
	}
	return float64(t.last.offset-t.first.offset) / apart
}

// uncertainty is how far a process's time may be off that was started with the last reading's offset and ran for so long.
func (t *timekeeper) uncertainty(ran time.Duration) time.Duration {
	return time.Duration(t.last.error) + time.Duration(mostDrift*float64(ran))
}

func abs(x int64) int64 {
	if x < 0 {
		return -x
	}
	return x
}
