package result

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	check(t, map[string]Size{
		"1B": 1, "1.5KiB": 1536, "0.5 MiB": 512 * KiB, "64kB": 64000, "2MB": 2e6, "99999999999999999999MiB": 1 << 62,
	}, "", "1", "B", "1 B B", "1kib", "1e3B", "0x1B", "-1B", "+1B", "1..5B", "inf", "NaNB", "1_0B", "1.5B")
	check(t, map[string]Rate{"1Gbit": Gbit, "2.5Gbit": 2500 * Mbit, "9600bit": 9600}, "1Gb", "1Gbit/s", "1GB")
	check(t, map[string]Duration{"90s": Duration(90 * time.Second), "1.5min": Duration(90 * time.Second), "0ms": 0},
		"1h", "1", "1m", "0.0000001ms")
	check(t, map[string]Share{"1%": Percent, "0.07%": 700, "100%": 1e6}, "1", "0.01", "1percent", "0.00001%")
}

func check[Q Quantity](t *testing.T, good map[string]Q, bad ...string) {
	t.Helper()
	for text, want := range good {
		if got, err := Parse[Q](text); err != nil || got != want {
			t.Errorf("parse(%q) = %d, %v, want %d", text, int64(got), err, int64(want))
		}
	}
	for _, text := range bad {
		if got, err := Parse[Q](text); err == nil {
			t.Errorf("parse(%q) = %d, want an error", text, int64(got))
		}
	}
}

// What String writes, parse reads.
func TestUnitsRoundTrip(t *testing.T) {
	t.Run("size", rapid.MakeCheck(roundTrip[Size]))
	t.Run("rate", rapid.MakeCheck(roundTrip[Rate]))
	t.Run("share", rapid.MakeCheck(roundTrip[Share]))
	t.Run("duration", rapid.MakeCheck(roundTrip[Duration]))
}

func roundTrip[Q Quantity](t *rapid.T) {
	n := Q(0).notation()
	unit := rapid.SampledFrom(n.units).Draw(t, "unit")
	want := Q(rapid.Int64Range(0, 2000).Draw(t, "number") * unit.scale)
	if rapid.Bool().Draw(t, "odd") {
		want = Q(rapid.Int64Range(0, 1e11).Draw(t, "parts"))
	}
	if got, err := Parse[Q](want.String()); err != nil || got != want {
		t.Fatalf("%d is written %v and read %d, %v", int64(want), want, int64(got), err)
	}
}

func TestString(t *testing.T) {
	for want, v := range map[string]interface{ String() string }{
		"256KiB": 256 * KiB, "1MiB": MiB, "1.5MiB": 1536 * KiB, "100kB": Size(1e5), "33B": Size(33), "0B": Size(0),
		"1Gbit": Gbit, "100Mbit": 100 * Mbit, "984.4Mbit": Rate(984.4e6), "1.5s": Duration(1500 * time.Millisecond),
		"200ms": Duration(200 * time.Millisecond), "2min": Duration(2 * time.Minute), "1%": Percent, "0.5%": Percent / 2,
	} {
		if v.String() != want {
			t.Errorf("%d is written %q, want %q", v, v.String(), want)
		}
	}
}
