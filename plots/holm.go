package plots

import (
	"cmp"
	"slices"
)

// holm tells which of several hypotheses, that nothing has changed, are to be rejected so that the chance of rejecting even
// one that is true is at most 5 %, however they depend on each other (S. Holm, "A Simple Sequentially Rejective Multiple
// Test Procedure", 1979). The p are the probabilities of what was seen under each.
func holm(p []float64) (rejected []bool) {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(p[i], p[j]) })
	rejected = make([]bool, len(p))
	for rank, i := range order {
		if p[i]*float64(len(p)-rank) > 1-confidence {
			break
		}
		rejected[i] = true
	}
	return rejected
}
