package netem

import (
	"math"
	"time"
)

// ksDistance is the Kolmogorov–Smirnov distance between samples, which are sorted, and a distribution: the greatest
// difference, over all x, between the share of the samples that are at most x and cdf(x). A sample that is at most
// grain away from a value counts as that value, as finer differences are the clock's. Of the true distribution, n
// samples exceed 1.36/√n once in 20 times and 1.95/√n once in 1000.
func ksDistance(sorted []time.Duration, cdf func(time.Duration) float64, grain time.Duration) (distance float64) {
	n := float64(len(sorted))
	for i, x := range sorted {
		below, upTo := float64(i)/n, float64(i+1)/n
		distance = max(distance, cdf(x-grain-1)-below, upTo-cdf(x+grain))
	}
	return distance
}

// meanSD are the mean and the standard deviation.
func meanSD(samples []time.Duration) (mean, sd time.Duration) {
	n := float64(len(samples))
	var sum, squares float64
	for _, s := range samples {
		sum += float64(s)
	}
	for _, s := range samples {
		squares += (float64(s) - sum/n) * (float64(s) - sum/n)
	}
	return time.Duration(sum / n), time.Duration(math.Sqrt(squares / n))
}

// quantile is the least of the samples, which are sorted, that a share p of them does not exceed.
func quantile(sorted []time.Duration, p float64) time.Duration {
	return sorted[max(0, int(math.Ceil(p*float64(len(sorted))))-1)]
}
