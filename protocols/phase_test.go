package protocols

import (
	"errors"
	"math"
	"testing"
)

// A phase ends with a quorum's replies, each round anew.
func TestPhase(t *testing.T) {
	p := Traits{Servers: 4, Quorum: 3}.NewPhase()
	for round := 1; round <= 2; round++ {
		if step := p.Begin(Message{Payload: []byte("v")}); len(step.Next) != 4 || p.Round != round {
			t.Errorf("round %d goes to %d servers, want round %d to 4", p.Round, len(step.Next), round)
		}
		for reply := 1; reply <= 4; reply++ {
			if p.Quorum() != (reply >= 3) {
				t.Errorf("a quorum after %d replies: %v", reply, reply < 3)
			}
		}
	}
	p.Begin(Message{})
	for reply := 1; reply <= 3; reply++ {
		if step := p.Acknowledged(); step.Done != (reply == 3) {
			t.Errorf("after %d acknowledgements: %+v", reply, step)
		}
	}
}

// A clock issues higher and higher timestamps, whatever it learns, and none after the highest.
func TestClock(t *testing.T) {
	clocks := Clocks{}
	for _, step := range []struct{ learned, want uint64 }{{0, 1}, {0, 2}, {7, 8}, {3, 9}} {
		got, err := clocks.Of("k").Issue(Timestamp{Num: step.learned, PID: 9}, 1)
		if want := (Timestamp{Num: step.want, PID: 1}); err != nil || got != want {
			t.Errorf("after %d: %v, %v, want %v", step.learned, got, err, want)
		}
	}
	if got, _ := clocks.Of("other").Issue(Timestamp{}, 1); got.Num != 1 {
		t.Errorf("another key: %v", got)
	}
	if _, err := clocks.Of("k").Issue(Timestamp{Num: math.MaxUint64}, 1); !errors.Is(err, ErrExhausted) {
		t.Errorf("after the highest: %v", err)
	}
}
