package transport

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Jobs that come one after the other are done by one goroutine; those that come at once, by as many, up to the limit.
func TestACrewIsAsLargeAsNeeded(t *testing.T) {
	const limit = 3
	synctest.Test(t, func(t *testing.T) {
		var running, most atomic.Int32
		c := newCrew(limit, func(took time.Duration) error {
			most.Store(max(most.Load(), running.Add(1)))
			time.Sleep(took)
			running.Add(-1)
			return nil
		})
		for range 10 {
			c.give(time.Second)
			time.Sleep(2 * time.Second)
		}
		if c.size != 1 {
			t.Errorf("%d goroutines for one job at a time", c.size)
		}
		begun := time.Now()
		for range 2 * limit {
			c.give(time.Second)
		}
		if took := time.Since(begun); took != time.Second {
			t.Errorf("%d jobs of a second were taken after %v, want 1s", 2*limit, took)
		}
		if err := c.end(); err != nil || running.Load() != 0 || most.Load() != limit || c.size != limit {
			t.Errorf("in the end: %v, %d jobs run, at most %d did, of %d goroutines", err, running.Load(), most.Load(), c.size)
		}
	})
}

// All jobs are done, also those after one that failed.
func TestACrewGoesOnAfterAnError(t *testing.T) {
	failed := errors.New("failed")
	var mu sync.Mutex
	done := 0
	c := newCrew(2, func(n int) error {
		mu.Lock()
		defer mu.Unlock()
		if done++; n == 1 {
			return failed
		}
		return nil
	})
	for n := range 20 {
		c.give(n)
	}
	if err := c.end(); !errors.Is(err, failed) || done != 20 {
		t.Errorf("%v after %d jobs, want %v after 20", err, done, failed)
	}
}
