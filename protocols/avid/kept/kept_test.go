package kept

import (
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/versions"
)

func at(num uint64) versions.Time {
	return versions.Time{TS: protocols.Timestamp{Num: num, PID: 1}}
}

// Of what one server alone speaks, so many dispersals are kept; the oldest make room. Those of another server stay, and those that are
// founded no longer count.
func TestUnfounded(t *testing.T) {
	var r Register
	r.Hear(2, at(1), false)
	for num := uint64(2); num < 2+protocols.MaxUnfounded; num++ {
		if gone := r.Hear(1, at(num), false); gone != nil {
			t.Fatalf("%v makes room for %d", gone, num)
		}
	}
	if gone := r.Hear(1, at(2), false); gone != nil {
		t.Errorf("heard again, %v makes room", gone)
	}
	if gone := r.Hear(1, at(1000), false); gone == nil || gone.Compare(at(2)) != 0 {
		t.Errorf("%v makes room, want the oldest of this server", gone)
	}
	if gone := r.Hear(3, at(3), true); gone != nil {
		t.Errorf("%v makes room for what is founded", gone)
	}
	if gone := r.Hear(1, at(1001), false); gone != nil {
		t.Errorf("%v makes room, where one has been founded", gone)
	}
	if len(r.Unfounded) != 1+protocols.MaxUnfounded || r.Unfounded[0].Server != 2 {
		t.Errorf("%d are kept, the first of %+v", len(r.Unfounded), r.Unfounded[0])
	}
}

// A client that asks again listens once, and is answered where it is now, be it the first.
func TestListenAgain(t *testing.T) {
	var r Register
	for ticket := range uint64(3) {
		r.Listen(Listener{Name: []byte("the only one"), Ticket: protocols.Ticket{Request: ticket}})
	}
	if len(r.Listeners) != 1 || r.Listeners[0].Ticket.Request != 2 {
		t.Errorf("listeners %+v", r.Listeners)
	}
}
