package protocols

import (
	"fmt"
	"math"
	"testing"
)

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
