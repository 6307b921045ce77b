package transport

import (
	"context"
	"errors"
	"sync"
	"time"
)

// A bell wakes those who wait for a condition, so that nobody has to look again and again. Whoever may have made the
// condition true rings it. It is cheap to ring while nobody waits.
type bell struct {
	mu   sync.Mutex
	next chan struct{} // closed when the bell rings; nil while nobody waits
}

// ring wakes all who wait.
func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next != nil {
		close(b.next)
		b.next = nil
	}
}

// listen returns a channel that is closed at the next ring.
func (b *bell) listen() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next == nil {
		b.next = make(chan struct{})
	}
	return b.next
}

// await calls check, again whenever the bell rings, until it returns nil or ctx ends; it then returns both errors. With
// its error check may return a time after which to call it again in any case; 0 for none.
func (b *bell) await(ctx context.Context, check func() (time.Duration, error)) error {
	for {
		rung := b.listen() // before the check, so that no ring is missed
		again, err := check()
		if err == nil {
			return nil
		}
		var late <-chan time.Time
		if again > 0 {
			late = time.After(again)
		}
		select {
		case <-ctx.Done():
			if _, err = check(); err != nil { // by now perhaps for another reason
				err = errors.Join(ctx.Err(), err)
			}
			return err
		case <-rung:
		case <-late:
		}
	}
}
