package workloads

import (
	"math"
	"math/rand/v2"
)

// NewZipfChooser returns the client's Chooser that draws the key with index i of keys ≥ 1 with a probability in proportion
// to 1/(i+1)^skew, for a skew above 0: key 0 is asked for most, for every client.
func NewZipfChooser(seed, client uint64, keys int, skew float64) Chooser {
	z, random := newZipf(keys, skew), keyStream(seed, client)
	return func() int { return z.draw(random) - 1 }
}

// zipf draws ranks from 1 to n by rejection-inversion: W. Hörmann and G. Derflinger, Rejection-inversion to generate variates
// from monotone discrete distributions, ACM Transactions on Modeling and Computer Simulation 6(3), 1996. It takes any skew
// above 0, where math/rand/v2 takes those above 1 alone, and keeps five numbers, however many ranks there are.
//
// A place is drawn uniformly on the scale of the integral of h(x) = x^−skew, from h(1) below that of 3/2 to that of n + 1/2, and
// inverted to an x. Rounded, x is a rank k. The stretch of the scale that belongs to k is at least as long as h(k), as h is
// convex; the place counts if it is in the last h(k) of it, and is drawn anew otherwise, which is seldom.
type zipf struct {
	skew, n   float64
	low, high float64 // of the places
	near      float64 // how far k may be above x for the place to count without a look at the curve
}

func newZipf(n int, skew float64) *zipf {
	z := &zipf{skew: skew, n: float64(n)}
	z.low, z.high = z.integral(1.5)-1, z.integral(z.n+0.5)
	z.near = 2 - z.inverse(z.integral(2.5)-z.h(2))
	return z
}

// draw draws a rank.
func (z *zipf) draw(random *rand.Rand) int {
	for {
		place := z.high + random.Float64()*(z.low-z.high)
		x := z.inverse(place)
		k := max(1, min(math.Floor(x+0.5), z.n))
		if k-x <= z.near || place >= z.integral(k+0.5)-z.h(k) {
			return int(k)
		}
	}
}

// h is the curve.
func (z *zipf) h(x float64) float64 { return math.Exp(-z.skew * math.Log(x)) }

// integral is that of h from 1 to x: (x^(1−skew) − 1)/(1 − skew), or ln x for a skew of 1.
func (z *zipf) integral(x float64) float64 {
	log := math.Log(x)
	return log * expm1Over((1-z.skew)*log)
}

// inverse is the x whose integral is y.
func (z *zipf) inverse(y float64) float64 {
	t := max(-1, y*(1-z.skew)) // rounding may put it just below
	return math.Exp(y * log1pOver(t))
}

// small is where a fraction whose parts vanish is taken by its series instead.
const small = 1e-8

// expm1Over is (e^x − 1)/x, which is 1 at 0.
func expm1Over(x float64) float64 {
	if math.Abs(x) < small {
		return 1 + x/2
	}
	return math.Expm1(x) / x
}

// log1pOver is ln(1 + x)/x, which is 1 at 0.
func log1pOver(x float64) float64 {
	if math.Abs(x) < small {
		return 1 - x/2
	}
	return math.Log1p(x) / x
}
