package result

import (
	"math"
	"sort"
)

// percentileRisk is the probability, at most, with which a sample that is large enough has fewer than two operations beyond
// the percentile.
const percentileRisk = 0.01

// PercentileNeeds is how many operations a sample must have for its percentile, a share such as 0.99, to be shown: so many
// that with a probability of 99 % at least two of them lie beyond it, each with the probability 1 − share. For 0.5 they are
// 11, for 0.99 662, for 0.999 6636.
func PercentileNeeds(share float64) int64 {
	beyond := 1 - share
	return int64(sort.Search(math.MaxInt32, func(n int) bool {
		none := math.Pow(share, float64(n))
		one := float64(n) * beyond * math.Pow(share, float64(n-1))
		return n > 1 && none+one <= percentileRisk
	}))
}

// AtMostBeyond is the probability with which at most k of n operations lie beyond the percentile, each for itself with the
// probability 1 − share.
func AtMostBeyond(k, n int64, share float64) (sum float64) {
	if k >= n {
		return 1
	}
	all, _ := math.Lgamma(float64(n + 1))
	for i := range k + 1 {
		beyond, _ := math.Lgamma(float64(i + 1))
		others, _ := math.Lgamma(float64(n - i + 1))
		sum += math.Exp(all - beyond - others + float64(i)*math.Log(1-share) + float64(n-i)*math.Log(share))
	}
	return min(sum, 1)
}

// Supports reports whether so many operations support the percentile.
func Supports(share float64, operations int64) bool { return operations >= PercentileNeeds(share) }
