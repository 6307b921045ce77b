package transport

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// Await looks when it begins, when the bell rings and when check said so, and at no other time.
func TestAwaitLooksWhenSomethingHasChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bell
		b.ring() // nobody waits
		begun := time.Now()
		for _, after := range []time.Duration{2, 5, 9} {
			time.AfterFunc(after*time.Second, b.ring)
		}
		var looked []time.Duration
		err := b.await(context.Background(), func() (time.Duration, error) {
			looked = append(looked, time.Since(begun)/time.Second)
			if len(looked) == 2 {
				return time.Second, errors.New("not yet")
			}
			if len(looked) < 4 {
				return 0, errors.New("not yet")
			}
			return 0, nil
		})
		if want := []time.Duration{0, 2, 3, 5}; err != nil || len(looked) != len(want) || looked[2] != want[2] || looked[3] != want[3] {
			t.Errorf("%v, looked at seconds %v, want %v", err, looked, want)
		}
		time.Sleep(time.Minute)
	})
}

// When the context ends, await says why the condition does not hold by then; if it holds, all is well.
func TestAwaitEndsWithItsContext(t *testing.T) {
	var b bell
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	why := errors.New("the reason by now")
	calls := 0
	err := b.await(ctx, func() (time.Duration, error) {
		if calls++; calls == 1 {
			return 0, errors.New("the first reason")
		}
		return 0, why
	})
	if !errors.Is(err, why) || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want %v and %v", err, why, context.Canceled)
	}
	calls = 0
	err = b.await(ctx, func() (time.Duration, error) {
		if calls++; calls == 1 {
			return 0, why
		}
		return 0, nil
	})
	if err != nil {
		t.Errorf("%v although the condition holds", err)
	}
}
