package query

import "fmt"

// An Outcome says whether an inequality holds. The order is that of precedence: of several inequalities that must
// all hold, the one that comes last here decides.
type Outcome int

// The outcomes.
const (
	Holds       Outcome = iota // the whole interval fulfils it
	CannotTell                 // the interval lies on both sides, or there are too few repetitions or operations for one
	NotMeasured                // something that it speaks of is not in the results
	DoesNotHold                // no part of the interval fulfils it
)

// String names the outcome.
func (o Outcome) String() string {
	return [...]string{"holds", "cannot tell", "not measured", "does not hold"}[o]
}

// A Comparison is an inequality between two quantities, evaluated.
type Comparison struct {
	Outcome  Outcome
	Measured string   // both sides in numbers, as in "1.56 [1.50, 1.63] ≥ 1.5"; empty if not measured
	Missing  []string // measurements that the results lack
	Few      []string // percentiles that need more operations, and how many there are
	Points   []string // IDs of the points and trials that it rests on
}

// relations are the inequalities: how they are written, whether they want the left side to be the larger, and whether
// equality fulfils them.
var relations = map[string]struct {
	sign   string
	larger bool
	equal  bool
}{
	">": {">", true, false}, ">=": {"≥", true, true}, "<": {"<", false, false}, "<=": {"≤", false, true}, "==": {sign: "="},
}

// compare decides a ? b. Of two measured quantities it compares the ratio, paired by repetition, with 1.
func compare(a, b Quantity, operator string) (Comparison, error) {
	rel := relations[operator]
	both := a.over(b)
	c := Comparison{Outcome: NotMeasured, Missing: both.Missing, Few: both.Few, Points: both.Points}
	if !both.Known() {
		if len(both.Missing) == 0 {
			c.Outcome = CannotTell
		}
		return c, nil
	}
	left, right := a.Interval(), b.Interval()
	c.Measured = fmt.Sprintf("%s %s %s", left, rel.sign, right)
	switch {
	case operator == "==" && !(a.exact && b.exact):
		return c, fmt.Errorf("== compares counts only: a measured quantity is never equal, write <= or >=")
	case operator == "==" && a.shift == b.shift:
		c.Outcome = Holds
		return c, nil
	case operator == "==":
		c.Outcome, c.Measured = DoesNotHold, fmt.Sprintf("%s, not %s", left, right)
		return c, nil
	case !left.Exact && !right.Exact:
		ratio := a.by(b) // of positive numbers: rates, times and sizes
		if c.Missing = ratio.Missing; !ratio.Known() {
			return c, nil
		}
		left, right = ratio.Interval(), Exact(1).Interval()
		c.Measured += fmt.Sprintf(" (ratio %s)", left)
	}
	if !rel.larger {
		left, right = right, left
	}
	c.Outcome = decide(left, right, rel.equal)
	return c, nil
}

// decide says whether large > small, or ≥ if they may be equal; at least one of them is exact.
func decide(large, small Interval, equal bool) Outcome {
	above := func(a, b float64) bool { return a > b || equal && a == b }
	switch {
	case !large.Bounded() || !small.Bounded():
		return CannotTell
	case above(large.Low, small.High):
		return Holds
	case !above(large.High, small.Low):
		return DoesNotHold
	default:
		return CannotTell
	}
}
