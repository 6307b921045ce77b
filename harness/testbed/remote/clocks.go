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
func read(ctx context.Context, m *machine) (reading, error) {
	best := reading{error: int64(time.Hour)}
	for range askings {
		begun := clock.Now()
		there, err := call(ctx, m, timeCall, control.Nothing{})
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
	name     string
	readings []reading
}

// last is the latest reading; without one, one of no use.
func (t *timekeeper) last() reading {
	if len(t.readings) == 0 {
		return reading{}
	}
	return t.readings[len(t.readings)-1]
}

// add takes one more reading and says what is wrong with it, if anything is: against the first one, which shows a clock that is
// always too fast, and against the one before, which shows one that was moved since.
func (t *timekeeper) add(r reading) error {
	before := t.readings
	t.readings = append(t.readings, r)
	if len(before) == 0 {
		return nil
	}
	for _, b := range []reading{before[0], before[len(before)-1]} {
		apart := float64(r.at - b.at)
		if moved := abs(r.offset-b.offset) - r.error - b.error; float64(moved) > mostDrift*apart {
			return fmt.Errorf("the clock of %s moved by %v in %v against this machine's: it is being set; histories cannot be ordered by it",
				t.name, time.Duration(moved), time.Duration(apart))
		}
	}
	return nil
}

// drift is how fast the clock runs away, as a share, as far as readings tell; 0 at first.
func (t *timekeeper) drift() float64 {
	if len(t.readings) < 2 {
		return 0
	}
	first, last := t.readings[0], t.last()
	return float64(last.offset-first.offset) / float64(last.at-first.at)
}

// uncertainty is how far the time of a process may be off now that was started after an instant, with the offset of any reading since.
func (t *timekeeper) uncertainty(since, now int64) time.Duration {
	most := t.last().error
	for _, r := range t.readings {
		if r.at >= since {
			most = max(most, r.error)
		}
	}
	return time.Duration(most) + time.Duration(mostDrift*float64(now-since))
}

func abs(x int64) int64 {
	if x < 0 {
		return -x
	}
	return x
}
