package transport

import (
	"context"
	"errors"
	"time"
)

// Bounds of the wait for a server that lags behind.
const (
	arrearsPatience = time.Second            // however busy it is
	arrearsSilence  = 250 * time.Millisecond // without any reply from it
)

var errArrears = errors.New("a server lags behind")

// CatchUp waits until no connected server owes replies to more than maxBytes of requests whose exchanges have ended.
// Whoever measures a load calls it before each operation: else what a quorum acknowledged would run ahead of what all
// servers got, by as much as the links keep, and seem to be more than the network carries.
//
// No server holds the caller up for long. One that has not replied to anything for 250 ms is not waited for; nor is one
// that could not catch up within a second, until it has. CatchUp tells whether all connected servers have caught up.
func (l *Links) CatchUp(ctx context.Context, maxBytes int) bool {
	begun, all := time.Now(), true
	err := poll(ctx, func() error {
		all = true
		for _, k := range l.links {
			lags, hopeless := k.lag(maxBytes, begun)
			if lags && !hopeless {
				return errArrears
			}
			all = all && !lags
		}
		return nil
	})
	return err == nil && all
}

// arrears is what a server owes to exchanges that have ended. Its outbox guards it.
type arrears struct {
	bytes   int       // of requests without reply
	alive   time.Time // when the last reply came, to any request, or when the first of these requests was owed
	givenUp bool      // until it has caught up
}

func (a *arrears) add(bytes int) {
	if a.bytes == 0 {
		a.alive = time.Now()
	}
	a.bytes += bytes
}

// lag tells whether the server owes too much to somebody who has waited since begun, and whether to wait is hopeless.
func (o *outbox) lag(maxBytes int, begun time.Time) (lags, hopeless bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	a := &o.arrears
	if a.bytes <= maxBytes { // as they are without a connection
		a.givenUp = false
		return false, false
	}
	a.givenUp = a.givenUp || time.Since(begun) > arrearsPatience
	return true, a.givenUp || time.Since(a.alive) > arrearsSilence
}
