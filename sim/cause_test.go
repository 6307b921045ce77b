package sim

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"testing"

	"github.com/powbench/powbench/protocols/catalog"
)

// What made a known harm inevitable is found: before it the harm is rarer than behind it, and at the end it is certain.
func TestFindCause(t *testing.T) {
	p, err := catalog.ByName("mabd")
	if err != nil {
		t.Fatal(err)
	}
	s := Scenario{Protocol: p, T: 1, Attack: mustAttack(t, "B2")}
	seed := uint64(1)
	for ; ; seed++ {
		if o, err := Run(s, seed); err != nil {
			t.Fatal(err)
		} else if len(o.Findings) > 0 {
			break
		}
	}
	c, err := FindCause(t.Context(), s, seed, 40, runtime.GOMAXPROCS(0))
	if err != nil {
		t.Fatal(err)
	}
	last := c.Steps[len(c.Steps)-1]
	if c.Harm == "" || c.Detail == "" || len(c.Choices) == 0 || last.Share != 1 {
		t.Errorf("seed %d: %+v", seed, c)
	}
	if jump := c.Steps[c.Jump].Share - c.Before(); jump <= 0.1 {
		t.Errorf("seed %d: the largest jump is %.2f, at %q", seed, jump, c.Steps[c.Jump].Text)
	}
	if !slices.IsSortedFunc(c.Steps, func(a, b Step) int { return int(a.Event - b.Event) }) {
		t.Error("steps are not in the order of events")
	}
	again, err := FindCause(t.Context(), s, seed, 40, 1)
	if err != nil || !slices.Equal(again.Steps, c.Steps) {
		t.Errorf("seed %d: it depends on the number of workers: %v", seed, err)
	}
}

func TestFindCauseOfNothing(t *testing.T) {
	p, err := catalog.ByName("mabd")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := FindCause(t.Context(), Scenario{Protocol: p, T: 1}, 1, 1, 1); !errors.Is(err, ErrNoHarm) {
		t.Errorf("a schedule without harm: %v", err)
	}
	over, end := context.WithCancel(t.Context())
	end()
	s := Scenario{Protocol: p, T: 1, Attack: mustAttack(t, "B3")}
	if _, err := FindCause(over, s, 1, 1, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}
