package protocols

import (
	"errors"
	"fmt"
	"math"
	"testing"
)

// A failed operation asks nobody anything and ends with its error, whatever its driver does.
func TestFailed(t *testing.T) {
	fault := errors.New("fault")
	op := Failed(fault)
	if b := op.Start(); b != nil {
		t.Errorf("it sends %v", b)
	}
	if step := op.Answer(1, 0, Message{}); !step.Done || step.Next != nil {
		t.Errorf("a reply makes it %+v", step)
	}
	if r, err := op.Result(); !errors.Is(err, fault) || r.Value != nil {
		t.Errorf("it comes to %+v, %v", r, err)
	}
}

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

// Over keys and over clients, each server is picked equally often: within five standard deviations.
func TestSpread(t *testing.T) {
	const n, draws = 7, 7000
	byKey, byClient := make([]float64, n), make([]float64, n)
	for i := range draws {
		byKey[Spread(Key(fmt.Sprintf("key-%06d", i)), 1, n)]++
		byClient[Spread("key-000001", uint64(i), n)]++
	}
	limit := 5 * math.Sqrt(draws/n)
	for i := range n {
		if math.Abs(byKey[i]-draws/n) > limit || math.Abs(byClient[i]-draws/n) > limit {
			t.Errorf("server %d: %v of %d keys and %v clients, want %d", i+1, byKey[i], draws, byClient[i], draws/n)
		}
	}
	if a, b := Spread("k", 1, n), Spread("k", 1, n); a != b {
		t.Errorf("two picks for the same key and client: %d, %d", a, b)
	}
}

func TestToAll(t *testing.T) {
	m := Message{Payload: []byte("v")}
	b := ToAll(3, m)
	if len(b) != 3 {
		t.Fatalf("%d messages", len(b))
	}
	for i := range b {
		if &b[i].Payload[0] != &m.Payload[0] {
			t.Errorf("server %d gets a copy of the payload", i+1)
		}
	}
}
