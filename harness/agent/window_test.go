package agent

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/mabd"
)

// prolonged makes the load's window last until it is closed, for a minute at most.
func prolonged(to *Spec) func(*Spec) {
	return func(s *Spec) {
		s.LatestNs = s.EndNs + int64(time.Minute)
		*to = *s
	}
}

// closeWhen closes the window of the bench's load, at an instant that far from now, once so many operations have ended in it.
func (b *bench) closeWhen(ended int64, from time.Duration) (ends int64) {
	for n := int64(0); n < ended; time.Sleep(time.Millisecond) {
		n = 0
		for _, a := range b.agents {
			more, err := a.Ended(b.t.Context(), control.Nothing{})
			if err != nil {
				b.t.Error(err)
			}
			n += more
		}
	}
	ends = clock.Now() + int64(from)
	for _, a := range b.agents {
		if _, err := a.CloseWindow(b.t.Context(), ends); err != nil {
			b.t.Error(err)
		}
	}
	return ends
}

// A window that is closed while it lasts counts the same operations, and the same parts of them, as one whose end was known:
// whether agents hear of it before or after.
func TestProlongedWindow(t *testing.T) {
	for name, change := range map[string]func(*Spec){"closed": func(*Spec) {}, "open": fixedRate(1000)} {
		for when, from := range map[string]time.Duration{"before": 20 * time.Millisecond, "after": -20 * time.Millisecond} {
			t.Run(name+" loop, heard "+when, func(t *testing.T) {
				b := newBench(t, mabd.Protocol{}, 1)
				var spec Spec
				ends := make(chan int64, 1)
				go func() {
					time.Sleep(150 * time.Millisecond) // beyond the least window
					ends <- b.closeWhen(50, from)
				}()
				r := b.load(protocols.Write, clients, change, prolonged(&spec))
				spec.EndNs = <-ends
				wantWindow(t, b, spec, r)
			})
		}
	}
}

// wantWindow expects the tally to be that of the window's operations in the history.
func wantWindow(t *testing.T, b *bench, spec Spec, r Tally) {
	t.Helper()
	var ended, behind int64
	var work float64
	for _, e := range b.wantLinearizable() {
		if inside := min(e.End, spec.EndNs) - max(e.Start, spec.WarmupEndNs); inside > 0 {
			work += float64(inside) / float64(e.End-e.Start)
		}
		switch {
		case e.End >= spec.EndNs:
			behind++
		case e.End >= spec.WarmupEndNs:
			ended++
		}
	}
	if n := r.Latency().Count(); n != ended || ended < 10 || math.Abs(r.Work()-work) > 1e-6*work {
		t.Errorf("%d operations ended in the window, their work was %v; by the history %d and %v", n, r.Work(), ended, work)
	}
	seconds := time.Duration(spec.EndNs - spec.WarmupEndNs).Seconds()
	if r.Open == nil {
		if little := float64(r.BusyNs) / 1e9 / seconds / clients; little < 0.5 || little > 1.001 {
			t.Errorf("clients were busy for %v of the window", little)
		}
		return
	}
	if due := spec.Rate * seconds; math.Abs(float64(r.Open.Arrivals)-due) > 2 {
		t.Errorf("%d arrivals in %v s, want %v", r.Open.Arrivals, seconds, due)
	}
}

// An operation of an open loop that is due long after the window's end holds up nobody.
func TestProlongedWindowOfRareOperations(t *testing.T) {
	b := newBench(t, mabd.Protocol{}, 1)
	var spec Spec
	ends := make(chan int64, 1)
	go func() {
		time.Sleep(150 * time.Millisecond)
		ends <- b.closeWhen(0, 20*time.Millisecond)
	}()
	b.load(protocols.Write, 1, fixedRate(10), func(s *Spec) { s.StartNs -= int64(90 * time.Millisecond) }, prolonged(&spec))
	if late := clock.Now() - <-ends; late > int64(10*time.Second) {
		t.Errorf("the load lasted %v longer than its window", time.Duration(late))
	}
}

func TestCloseWindowRefuses(t *testing.T) {
	b := newBench(t, mabd.Protocol{}, 1)
	a := b.agents[0]
	if _, err := a.CloseWindow(t.Context(), 1); err == nil || !strings.Contains(err.Error(), "no load") {
		t.Errorf("without a load: %v", err)
	}
	w := newWindow(t.Context(), Spec{EndNs: 1000, LatestNs: 2000})
	for want, ns := range map[string]int64{"cannot end at 999 ns": 999, "cannot end at 2001 ns": 2001} {
		if err := w.close(ns); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if err := w.close(1500); err != nil || w.until() != 1500 {
		t.Errorf("until %d: %v", w.until(), err)
	}
	if err := w.close(1500); err == nil || !strings.Contains(err.Error(), "decided already") {
		t.Errorf("twice: %v", err)
	}
}
