package client

import (
	"testing"
	"time"
)

// Patience follows how long rounds take: their mean and four deviations, within bounds.
func TestPatienceLearns(t *testing.T) {
	var p patience
	if p.wait() != firstPatience {
		t.Errorf("before the first round: %v", p.wait())
	}
	p.inTime(800 * time.Millisecond) // mean 800 ms, deviation 400 ms
	if want := 2400 * time.Millisecond; p.wait() != want {
		t.Errorf("after one round of 800 ms: %v, want %v", p.wait(), want)
	}
	for range 100 {
		p.inTime(800 * time.Millisecond)
	}
	if p.wait() < 800*time.Millisecond || p.wait() > 810*time.Millisecond {
		t.Errorf("after many of them: %v", p.wait())
	}
	p.inTime(time.Millisecond)
	if p.wait() < 1400*time.Millisecond {
		t.Errorf("after one that was much faster: %v, the deviation does not count", p.wait())
	}
	for range 100 {
		p.inTime(time.Millisecond)
	}
	if p.wait() != leastPatience {
		t.Errorf("where rounds take a millisecond: %v, want %v", p.wait(), leastPatience)
	}
	p.inTime(time.Hour)
	if p.wait() != mostPatience {
		t.Errorf("after an hour: %v, want %v", p.wait(), mostPatience)
	}
}

// What is overdue doubles the patience until a round ends in time, and teaches nothing else.
func TestPatienceBacksOff(t *testing.T) {
	var p patience
	p.inTime(100 * time.Millisecond)
	before := p.wait()
	p.overdue()
	p.overdue()
	if p.wait() != 4*before {
		t.Errorf("twice overdue: %v, want %v", p.wait(), 4*before)
	}
	for range 10 {
		p.overdue()
	}
	if p.wait() != mostPatience {
		t.Errorf("overdue again and again: %v, want %v", p.wait(), mostPatience)
	}
	p.inTime(100 * time.Millisecond)
	if p.wait() > before {
		t.Errorf("in time again: %v, was %v", p.wait(), before)
	}
}
