package prototest

import (
	"fmt"
	"math"

	"github.com/powbench/powbench/protocols"
)

// CheckHistory says whether the runs are linearizable by their timestamps, key by key, and if not, why. A WRITE must
// have a timestamp of its own, higher than those of all operations that ended before it began; a READ one at least as
// high, and the value that was written with it. A WRITE that did not end counts if a READ returned its value. All
// written values of a key must differ.
func CheckHistory(runs []*Run) error {
	byKey := map[protocols.Key][]*Run{}
	for _, r := range runs {
		byKey[r.Key] = append(byKey[r.Key], r)
	}
	for key, runs := range byKey {
		if err := checkRegister(runs); err != nil {
			return fmt.Errorf("key %q: %w", key, err)
		}
	}
	return nil
}

// An event is an operation that took effect.
type event struct {
	*Run
	ts  protocols.Timestamp
	end int
}

func (e event) String() string {
	return fmt.Sprintf("%s of p%d at %d–%d, ts %v", e.Kind, e.Client, e.Began, e.Ended, e.ts)
}

func checkRegister(runs []*Run) error {
	writes, err := writesByValue(runs)
	if err != nil {
		return err
	}
	events := []event{}
	for _, r := range runs {
		if r.Kind != protocols.Read || !r.Done() {
			continue
		}
		e, err := readEvent(r, writes)
		if err != nil {
			return err
		}
		events = append(events, e)
	}
	stamps := map[protocols.Timestamp]event{}
	for _, w := range writes {
		if w.ts.IsZero() {
			if w.Done() {
				return fmt.Errorf("%v has no timestamp", w)
			}
			continue // no READ saw it
		}
		if other, twice := stamps[w.ts]; twice {
			return fmt.Errorf("%v has the timestamp of %v", w, other)
		}
		stamps[w.ts] = *w
		events = append(events, *w)
	}
	return checkOrder(events)
}

func writesByValue(runs []*Run) (map[string]*event, error) {
	writes := map[string]*event{}
	for _, r := range runs {
		if r.Kind != protocols.Write {
			continue
		}
		if _, twice := writes[string(r.Written)]; twice {
			return nil, fmt.Errorf("the value %q is written twice: the test must use different ones", r.Written)
		}
		e := &event{Run: r, end: math.MaxInt}
		if r.Done() {
			result, err := r.Result()
			if err != nil {
				return nil, fmt.Errorf("%v: %w", e, err)
			}
			e.ts, e.end = result.Timestamp, r.Ended
		}
		writes[string(r.Written)] = e
	}
	return writes, nil
}

// readEvent checks a READ against the WRITE of its value and tells a pending WRITE the timestamp it was read with.
func readEvent(r *Run, writes map[string]*event) (event, error) {
	result, err := r.Result()
	e := event{Run: r, ts: result.Timestamp, end: r.Ended}
	if err != nil {
		return e, fmt.Errorf("%v: %w", e, err)
	}
	if result.Bottom || e.ts.IsZero() {
		if !result.Bottom || !e.ts.IsZero() || result.Value != nil {
			return e, fmt.Errorf("%v: half ⊥: %+v", e, result)
		}
		return e, nil
	}
	w, written := writes[string(result.Value)]
	if !written || w.Began > r.Ended {
		return e, fmt.Errorf("%v returned a value that nobody had written: %q", e, result.Value)
	}
	if w.ts.IsZero() && !w.Done() {
		w.ts = e.ts
	}
	if !w.ts.Equal(e.ts) {
		return e, fmt.Errorf("%v returned the value of %v", e, w)
	}
	return e, nil
}

func checkOrder(events []event) error {
	for _, x := range events {
		for _, before := range events {
			if before.end >= x.Began {
				continue
			}
			if c := x.ts.Compare(before.ts); c < 0 || c == 0 && x.Kind == protocols.Write {
				return fmt.Errorf("%v began after the end of %v", x, before)
			}
		}
	}
	return nil
}
