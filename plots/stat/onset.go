package stat

import "math"

// A Band is an estimate with its interval, which may be open, of a quantity that may be negative.
type Band struct{ Low, Mean, High float64 }

// Band is the ratio's logarithm. Without an interval it may be anything.
func (r Ratio) Band() Band {
	if !r.HasInterval() {
		return Band{math.Inf(-1), math.Log(r.Value), math.Inf(1)}
	}
	return Band{math.Log(r.Low), math.Log(r.Value), math.Log(r.High)}
}

// Sharp is a number that is known exactly.
func Sharp(x float64) Band { return Band{x, x, x} }

func (b Band) negative() Band { return Band{-b.High, -b.Mean, -b.Low} }

// An Onset says from where on a quantity is positive.
type Onset struct {
	Kind          OnsetKind
	At, Low, High float64 // where, with its interval; which of them are known follows from Kind
}

// An OnsetKind is the form of an Onset.
type OnsetKind int

// The kinds of onsets.
const (
	Unclear OnsetKind = iota // nothing can be told
	Always                   // positive wherever it was looked for
	Never                    // not positive where x is largest, nor, as far as can be told, anywhere
	From                     // from At on, which lies between Low and High
	AtMost                   // from High on, and maybe from the beginning
	AtLeast                  // not below Low, and maybe never
	UpTo                     // positive up to At alone, which lies between Low and High
)

// NewOnset finds from which x on y is positive: behind its last change of sign, between two x by linear interpolation. Its
// interval lies between where the upper ends of y begin to be positive and where the lower ends do: the x for which y
// cannot be told from 0. The x ascend.
func NewOnset(x []float64, y []Band) Onset {
	if len(x) == 0 {
		return Onset{}
	}
	last := len(x) - 1
	if y[last].High <= 0 {
		return ending(x, y)
	}
	at := positiveFrom(x, y, func(b Band) float64 { return b.Mean })
	low := positiveFrom(x, y, func(b Band) float64 { return b.High })
	high := positiveFrom(x, y, func(b Band) float64 { return b.Low })
	o := Onset{At: at, Low: low, High: high}
	begins, ends := low > x[0], !math.IsInf(high, 1)
	switch {
	case ends && high <= x[0]:
		o.Kind = Always
	case begins && ends:
		o.Kind = From
	case ends:
		o.Kind = AtMost
	case begins:
		o.Kind = AtLeast
	}
	return o
}

// ending is the onset of what is not positive where x is largest.
func ending(x []float64, y []Band) Onset {
	negative := make([]Band, len(y))
	somewhere := false
	for i, b := range y {
		negative[i] = b.negative()
		somewhere = somewhere || b.Low > 0
	}
	if o := NewOnset(x, negative); somewhere && o.Kind == From {
		o.Kind = UpTo
		return o
	}
	return Onset{Kind: Never}
}

// positiveFrom is the least x from which on the number is positive, x[0] if it always is, and infinite if it is not at the last.
func positiveFrom(x []float64, y []Band, of func(Band) float64) float64 {
	last := len(x) - 1
	if of(y[last]) <= 0 {
		return math.Inf(1)
	}
	for i := last; i > 0; i-- {
		if a, b := of(y[i-1]), of(y[i]); a <= 0 {
			if math.IsInf(a, -1) { // nothing is known of it
				return x[i]
			}
			return x[i-1] + (x[i]-x[i-1])*a/(a-b)
		}
	}
	return x[0]
}
