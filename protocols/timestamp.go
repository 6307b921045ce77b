package protocols

import (
	"cmp"
	"fmt"
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
