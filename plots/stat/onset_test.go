package stat

import (
	"math"
	"testing"
)

func bands(half float64, means ...float64) (all []Band) {
	for _, m := range means {
		all = append(all, Band{m - half, m, m + half})
	}
	return all
}

// Where a quantity changes its sign, and how far that is known.
func TestOnset(t *testing.T) {
	x := []float64{0, 1, 2, 3}
	for name, c := range map[string]struct {
		y    []Band
		want Onset
	}{
		"between two":         {bands(0.5, -1, -1, 1, 1), Onset{From, 1.5, 1.25, 1.75}},
		"exactly known":       {bands(0, -1, -3, 1, 1), Onset{From, 1.75, 1.75, 1.75}},
		"at once":             {bands(0.5, 1, 1, 2, 3), Onset{Kind: Always}},
		"not at all":          {bands(0.5, -1, -1, -2, -1), Onset{Kind: Never}},
		"maybe at once":       {bands(0.5, 0.2, 1.2, 2, 3), Onset{AtMost, 0, 0, 0.3}},
		"maybe never":         {bands(0.5, -1, -1, -1, 0.3), Onset{AtLeast, 3 - 3./13, 3 - 8./13, math.Inf(1)}},
		"the last change":     {bands(0, 1, -1, -1, 1), Onset{From, 2.5, 2.5, 2.5}},
		"positive, then not":  {bands(0.5, 1, 1, -1, -1), Onset{UpTo, 1.5, 1.25, 1.75}},
		"all around 0":        {bands(0.5, 0.1, -0.1, 0.1, 0.2), Onset{Kind: Unclear}},
		"without an interval": {bands(math.Inf(1), -1, -1, 1, 1), Onset{Kind: Unclear}},
		"nowhere looked for":  {nil, Onset{Kind: Unclear}},
	} {
		got := NewOnset(x[:len(c.y)], c.y)
		if got.Kind != c.want.Kind {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
		near := func(a, b float64) bool { return a == b || math.Abs(a-b) < 1e-9 }
		located := c.want.Kind == From || c.want.Kind == UpTo
		if located && !(near(got.At, c.want.At) && near(got.Low, c.want.Low) && near(got.High, c.want.High)) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
		if c.want.Kind == AtMost && !near(got.High, c.want.High) || c.want.Kind == AtLeast && !near(got.Low, c.want.Low) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestBandOfRatio(t *testing.T) {
	b := Paired([]float64{2, 2.2}, []float64{1, 1}).Band()
	if !(b.Low < b.Mean && b.Mean < b.High) || math.Abs(b.Mean-math.Log(math.Sqrt(4.4))) > 1e-9 {
		t.Errorf("band %+v", b)
	}
	if b := Paired([]float64{2}, []float64{1}).Band(); !math.IsInf(b.Low, -1) || !math.IsInf(b.High, 1) {
		t.Errorf("of one repetition: %+v", b)
	}
}
