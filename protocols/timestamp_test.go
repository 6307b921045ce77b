package protocols

import (
	"errors"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// timestamps draws from few numbers and process ids, so that equal ones are common, and from the ends of their range.
func timestamps() *rapid.Generator[Timestamp] {
	part := rapid.SampledFrom([]uint64{0, 1, 2, 3, math.MaxUint64 - 1, math.MaxUint64})
	return rapid.Custom(func(t *rapid.T) Timestamp {
		return Timestamp{Num: part.Draw(t, "num"), PID: part.Draw(t, "pid")}
	})
}

func TestTimestampOrderIsTotal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := timestamps().Draw(t, "a"), timestamps().Draw(t, "b"), timestamps().Draw(t, "c")
		if a.Compare(b) != -b.Compare(a) {
			t.Fatalf("not antisymmetric: %v, %v", a, b)
		}
		if a.Compare(b) <= 0 && b.Compare(c) <= 0 && a.Compare(c) > 0 {
			t.Fatalf("not transitive: %v ≤ %v ≤ %v", a, b, c)
		}
		if same := a == b; same != (a.Compare(b) == 0) || same != a.Equal(b) {
			t.Fatalf("%v and %v: Compare %d, Equal %v", a, b, a.Compare(b), a.Equal(b))
		}
		if a.Less(b) != (a.Compare(b) < 0) {
			t.Fatalf("%v and %v: Less %v, Compare %d", a, b, a.Less(b), a.Compare(b))
		}
		if a.Num < b.Num && !a.Less(b) || a.Num == b.Num && a.PID < b.PID && !a.Less(b) {
			t.Fatalf("the order is not by number, then process id: %v, %v", a, b)
		}
	})
}

func TestZeroTimestampIsTheLowest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ts := timestamps().Draw(t, "ts")
		if (Timestamp{}).Compare(ts) > 0 || ts.IsZero() != ts.Equal(Timestamp{}) {
			t.Fatalf("ts0 and %v: IsZero %v", ts, ts.IsZero())
		}
	})
}

// A WRITE's timestamp is above all it learned of, whoever wrote those, and no two writers issue the same.
func TestNextIsHigher(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ts := timestamps().Filter(func(ts Timestamp) bool { return ts.Num < math.MaxUint64 }).Draw(t, "ts")
		p, q := rapid.Uint64Min(1).Draw(t, "p"), rapid.Uint64Min(1).Draw(t, "q")
		if !ts.Less(ts.Next(p)) {
			t.Fatalf("%v is not above %v", ts.Next(p), ts)
		}
		if ts.Next(p).Equal(ts.Next(q)) != (p == q) {
			t.Fatalf("writers %d and %d after %v: %v and %v", p, q, ts, ts.Next(p), ts.Next(q))
		}
	})
}

func TestTimestampString(t *testing.T) {
	got := []string{Timestamp{}.String(), Timestamp{Num: 12, PID: 3}.String(), Timestamp{Num: math.MaxUint64}.String()}
	if want := []string{"0.0", "12.3", "18446744073709551615.0"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// A clock issues higher and higher timestamps, whatever it learns, and none after the highest.
func TestClock(t *testing.T) {
	clocks := NewClocks(Timestamp{})
	for _, step := range []struct{ learned, want uint64 }{{0, 1}, {0, 2}, {7, 8}, {3, 9}} {
		got, err := clocks.Of("k").Issue(Timestamp{Num: step.learned, PID: 9}, 1)
		if want := (Timestamp{Num: step.want, PID: 1}); err != nil || got != want {
			t.Errorf("after %d: %v, %v, want %v", step.learned, got, err, want)
		}
	}
	if got, _ := clocks.Of("other").Issue(Timestamp{}, 1); got.Num != 1 {
		t.Errorf("another key: %v", got)
	}
	for _, used := range []uint64{math.MaxUint64, math.MaxUint64 - 1} {
		if _, err := clocks.Of("k").Issue(Timestamp{Num: used}, 1); !errors.Is(err, ErrExhausted) {
			t.Errorf("after %d: %v", used, err)
		}
	}
	if got, err := clocks.Of("k").Issue(Timestamp{Num: math.MaxUint64 - 2}, 1); err != nil || got.Num != math.MaxUint64-1 {
		t.Errorf("the last one: %v, %v", got, err)
	}
}
