package result

import (
	"encoding/json"
	"maps"
	"math"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

func TestRoundsReadAsInThePaper(t *testing.T) {
	for want, r := range map[string]Rounds{
		"0": {}, "D": {1, 0}, "2D": {2, 0}, "d": {0, 1}, "3d": {0, 3}, "D+d": {1, 1}, "D+2d": {1, 2}, "2D+10d": {2, 10},
	} {
		if r.String() != want || r.Total() != r.Data+r.Metadata {
			t.Errorf("%+v reads %q, want %q", r, r, want)
		}
	}
}

// What was written is read back, also as a key.
func TestRoundsAsJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, math.MaxInt)
		want := map[Rounds]int64{{n.Draw(t, "data"), n.Draw(t, "metadata")}: 1, {1, 2}: 17}
		data, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got map[Rounds]int64
		if err := json.Unmarshal(data, &got); err != nil || !maps.Equal(got, want) {
			t.Fatalf("%s: %v, %v", data, got, err)
		}
	})
}

func TestNoRounds(t *testing.T) {
	for _, text := range []string{
		"", "1D", "D+", "+d", "d+D", "0D", "Dd", "D+0d", "02d", "D + d", "-1d", "2", "99999999999999999999d",
	} {
		var r Rounds
		if err := r.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q was read as %v", text, r)
		}
	}
}

func TestMost(t *testing.T) {
	m := Most{Traffic{3, 2}, Traffic{100, 700}}
	m.Raise(Most{Traffic{1, 4}, Traffic{200, 600}})
	if want := (Most{Traffic{3, 4}, Traffic{200, 700}}); m != want {
		t.Errorf("%+v, want %+v", m, want)
	}
}

func TestFail(t *testing.T) {
	v := Validity{Valid: true}
	v.Fail(LittlesLaw, "off by %d", 2)
	v.Fail(LittlesLaw, "and more")
	if want := (Validity{false, []Reason{LittlesLaw}, "off by 2; and more"}); !reflect.DeepEqual(v, want) {
		t.Errorf("%+v, want %+v", v, want)
	}
}
