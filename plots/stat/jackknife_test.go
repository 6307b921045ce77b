package stat

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/stat"
)

// Of a mean, the jackknife is the usual estimate; of a geometric mean, the worths are the repetitions themselves.
func TestJackknifeOfMeans(t *testing.T) {
	x := []float64{10, 12, 9, 13, 11.5}
	var means, geometric []float64
	for i := range x {
		others := append(append([]float64{}, x[:i]...), x[i+1:]...)
		means, geometric = append(means, stat.Mean(others, nil)), append(geometric, stat.GeometricMean(others, nil))
	}
	got, _ := Jackknife(stat.Mean(x, nil), means)
	if want := NewEstimate(x); got.N != want.N || math.Abs(got.Mean-want.Mean)+math.Abs(got.Half-want.Half) > 1e-9 {
		t.Errorf("%v, want %v", got, want)
	}
	_, worths := Jackknife(stat.GeometricMean(x, nil), geometric)
	for i := range x {
		if math.Abs(worths[i]-x[i]) > 1e-9 {
			t.Errorf("worth %d is %v, want %v", i, worths[i], x[i])
		}
	}
}

func TestJackknifeOfLittle(t *testing.T) {
	for name, without := range map[string][]float64{"one repetition": {}, "nothing without one": {5, 0}} {
		if e, worths := Jackknife(7, without); e != Exactly(7) || len(worths) != 1 || worths[0] != 7 {
			t.Errorf("%s: %v, %v", name, e, worths)
		}
	}
}
