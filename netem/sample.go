package netem

import (
	"context"
	"time"
)

// stragglers is how long to wait beyond the longest delay for packets that the machine holds up.
const stragglers = 250 * time.Millisecond

// runTrains sends n packets on each path, one on all of them every so often, and waits for those that take longest.
func runTrains(ctx context.Context, paths []path, n int, every, longest time.Duration) (trains []*train, err error) {
	defer func() {
		for _, t := range trains {
			t.close()
		}
	}()
	for _, p := range paths {
		t, err := newTrain(p.from, p.to)
		if err != nil {
			return trains, err
		}
		trains = append(trains, t)
	}
	for range n {
		next := time.Now().Add(every)
		for _, t := range trains {
			if err := t.send(); err != nil {
				return trains, err
			}
		}
		// The pause at the least leaves a guest's only processor to NetEm's timers, however long sending took.
		if err := pause(ctx, max(every/2, time.Until(next))); err != nil {
			return trains, err
		}
	}
	if err := pause(ctx, longest+stragglers); err != nil {
		return trains, err
	}
	for _, t := range trains {
		if err := t.look(); err != nil {
			return trains, err
		}
	}
	return trains, nil
}

// pause waits for d, or with an error until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}
