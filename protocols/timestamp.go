package protocols

import (
	"cmp"
	"errors"
	"fmt"
	"math"
)

// A Timestamp orders the WRITEs of a register: by number, then by the writer's process id (the paper, Algorithm 4,
// line 82). The zero Timestamp is ts0, that of the initial value.
type Timestamp struct {
	Num uint64
	PID uint64
}

// Compare returns -1, 0 or +1 as ts is lower than, equal to or higher than o.
func (ts Timestamp) Compare(o Timestamp) int {
	return cmp.Or(cmp.Compare(ts.Num, o.Num), cmp.Compare(ts.PID, o.PID))
}

// Less reports whether ts is lower than o.
func (ts Timestamp) Less(o Timestamp) bool { return ts.Compare(o) < 0 }

// Equal reports whether ts and o are the same.
func (ts Timestamp) Equal(o Timestamp) bool { return ts.Compare(o) == 0 }

// IsZero reports whether ts is ts0.
func (ts Timestamp) IsZero() bool { return ts.Num == 0 && ts.PID == 0 }

// Next is the timestamp after ts of the writer with the process id.
func (ts Timestamp) Next(pid uint64) Timestamp { return Timestamp{Num: ts.Num + 1, PID: pid} }

// String formats ts as num.pid.
func (ts Timestamp) String() string { return fmt.Sprintf("%d.%d", ts.Num, ts.PID) }

// ErrExhausted ends a WRITE that learned the highest timestamp there can be.
var ErrExhausted = errors.New("a server reported the highest timestamp there is, and no WRITE can follow it")

// A Clock is the highest timestamp that a client gave to a value of one key. A WRITE that did not end may have left its
// timestamp at servers that the next one does not hear from; to reuse it would give two values the same one.
type Clock struct{ Timestamp }

// Clocks are a client's, by key.
type Clocks struct {
	after Timestamp // which all clocks begin with
	byKey map[Key]*Clock
}

// NewClocks are clocks that issue timestamps after that one.
func NewClocks(after Timestamp) Clocks { return Clocks{after, map[Key]*Clock{}} }

// Of is the key's clock.
func (c Clocks) Of(key Key) *Clock {
	if c.byKey[key] == nil {
		c.byKey[key] = &Clock{c.after}
	}
	return c.byKey[key]
}

// Issue returns the writer's timestamp after ts and after all that it issued before. It never issues the highest number there
// is: no WRITE could follow, and servers refuse it.
func (c *Clock) Issue(ts Timestamp, pid uint64) (Timestamp, error) {
	if ts.Less(c.Timestamp) {
		ts = c.Timestamp
	}
	if ts.Num >= math.MaxUint64-1 {
		return ts, ErrExhausted
	}
	c.Timestamp = ts.Next(pid)
	return c.Timestamp, nil
}

// Issued keeps the numbers of the timestamps that a single writer issued: no server tells it, and to issue one twice
// loses a write. It must outlive the writer if a successor is to go on.
type Issued interface {
	// Last is the last number that was kept for the key, or 0.
	Last(key Key) (uint64, error)
	// Keep makes num durable before it returns.
	Keep(key Key, num uint64) error
}

// Remembered is Issued in memory, which lasts as long as its process. It is not safe for concurrent use.
type Remembered map[Key]uint64

// Last implements Issued.
func (r Remembered) Last(key Key) (uint64, error) { return r[key], nil }

// Keep implements Issued.
func (r Remembered) Keep(key Key, num uint64) error {
	r[key] = num
	return nil
}
