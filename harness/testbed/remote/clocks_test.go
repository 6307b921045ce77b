package remote

import (
	"strings"
	"testing"
	"time"
)

const us = int64(time.Microsecond)

// second is a reading so many seconds after the first one.
func second(at float64, offset, off int64) reading {
	return reading{at: 1 + int64(at*1e9), offset: offset, error: off}
}

// A clock that runs away as quartz does is believed. One that leaps is not, nor one that is moved for a moment only: over the hour
// since the first reading that would look like nothing.
func TestClockThatIsSet(t *testing.T) {
	for name, c := range map[string]struct {
		readings []reading
		set      bool
	}{
		"quartz":        {[]reading{second(0, 0, 100*us), second(10, 500*us, 100*us), second(3600, 180_000*us, 100*us)}, false},
		"within errors": {[]reading{second(0, 0, 900*us), second(1, 1900*us, 900*us)}, false},
		"leaps":         {[]reading{second(0, 0, 100*us), second(10, 3_000_000*us, 100*us)}, true},
		"too fast":      {[]reading{second(0, 0, 100*us), second(100, 30_000*us, 100*us)}, true},
		"for a moment":  {[]reading{second(0, 0, 100*us), second(3590, 0, 100*us), second(3600, 5_000*us, 100*us)}, true},
	} {
		k := timekeeper{name: "node1"}
		var err error
		for _, r := range c.readings {
			if err == nil {
				err = k.add(r)
			}
		}
		if (err != nil) != c.set || err != nil && !strings.Contains(err.Error(), "the clock of node1 moved by") {
			t.Errorf("%s: %v, want an error: %v", name, err, c.set)
		}
	}
}

// What is not known of a process's time is what was not known of the reading by which it was started, also when later ones knew more.
func TestUncertaintyOfProcesses(t *testing.T) {
	k := timekeeper{name: "node1"}
	for _, r := range []reading{second(0, 0, 5000*us), second(10, 0, 700*us), second(20, 0, 100*us)} {
		if err := k.add(r); err != nil {
			t.Fatal(err)
		}
	}
	at := func(s float64) int64 { return second(s, 0, 0).at }
	for since, want := range map[float64]time.Duration{
		0: 5*time.Millisecond + 4*time.Millisecond, 5: 700*time.Microsecond + 3*time.Millisecond, 15: 100*time.Microsecond + time.Millisecond,
	} {
		if got := k.uncertainty(at(since), at(20)); got.Round(time.Microsecond) != want {
			t.Errorf("of processes since second %v: %v, want %v", since, got, want)
		}
	}
	if got := new(timekeeper).drift(); got != 0 {
		t.Errorf("drift %v without a reading", got)
	}
}
