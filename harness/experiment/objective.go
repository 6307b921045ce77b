package experiment

import (
	"cmp"
	"math"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/powbench/powbench/harness/result"
)

// Limits of an objective.
const (
	minBound      = result.Duration(10 * time.Microsecond)
	maxBound      = result.Duration(time.Minute)
	minConfidence = 80 * result.Percent
	maxConfidence = 999 * result.Percent / 10
	minStep       = 1 * result.Percent
	maxStep       = 50 * result.Percent
)

// What an objective has that does not say.
const (
	defaultConfidence = 95 * result.Percent
	defaultStep       = 5 * result.Percent
)

// objective reads an Objective. A percentile replaces another; other keys that the file leaves out keep their value.
func objective(to *result.Objective) value {
	return func(n ast.Node) error {
		o := *to
		o.P50, o.P90, o.P99, o.P999 = 0, 0, 0, 0
		if err := object(objectiveKeys(&o))(n); err != nil {
			return err
		}
		switch limits := o.Limits(); {
		case len(limits) > 1:
			return at(n, "bounds %s and %s: keep one, and give the other an experiment of its own", limits[0].Name, limits[1].Name)
		case len(limits) == 0 && !to.Asked():
			return at(n, "bounds no percentile: add one such as p99: 20ms")
		case len(limits) == 0:
			o.P50, o.P90, o.P99, o.P999 = to.P50, to.P90, to.P99, to.P999
		}
		*to = o
		return nil
	}
}

// objectiveKeys are the keys of an objective.
func objectiveKeys(o *result.Objective) keys {
	return keys{
		"p50": between(&o.P50, minBound, maxBound), "p90": between(&o.P90, minBound, maxBound),
		"p99": between(&o.P99, minBound, maxBound), "p999": between(&o.P999, minBound, maxBound),
		"confidence": between(&o.Confidence, minConfidence, maxConfidence),
		"step":       between(&o.Step, minStep, maxStep),
		"from":       between(&o.From, minFrequency, maxFrequency),
	}
}

// fillObjective sets what an objective does not say. The lowest rate is the least at which the longest window has enough
// operations to show that the rate is kept.
func (s *Settings) fillObjective() {
	o := &s.Objective
	if !o.Asked() {
		return
	}
	o.Confidence, o.Step = cmp.Or(o.Confidence, defaultConfidence), cmp.Or(o.Step, defaultStep)
	o.From = cmp.Or(o.From, s.leastRate())
}

// leastRate is the lowest rate, of whole operations per second, of which the longest window shows that it keeps the objective.
func (s *Settings) leastRate() result.Frequency {
	return result.Frequency(math.Ceil(float64(s.Objective.Least())/s.Phases.Longest.Std().Seconds())) * result.PerSecond
}

// checkOpenLoop refuses open loops without rates, and objectives that no rate could be shown to keep.
func (s *Settings) checkOpenLoop(n ast.Node) error {
	switch {
	case !s.Objective.Asked() && s.Arrival.Process != "" && len(s.Arrival.Rates) == 0:
		return under("arrival", at(place(n, "arrival"), "has no rates: add some such as rates: [50/s, 100/s]"))
	case !s.Objective.Asked():
		return nil
	case s.Arrival.Process == "":
		return under("objective", at(place(n, "objective"), "needs an open loop: add arrival: {clients: %d}", defaultPool))
	}
	filled := Experiment{Settings: *s}
	filled.fillIn()
	o, least, where := filled.Objective, filled.leastRate(), place(n, "objective")
	if o.From < least {
		return under("objective", at(where, "at %v a window of at most %v has %.0f operations, too few for a %s: with a confidence of %v it "+
			"takes %d; raise from to %v, or phases.longest to %v", o.From, filled.Phases.Longest, o.From.Hz()*filled.Phases.Longest.Std().Seconds(),
			o.Limit().Name, o.Confidence, o.Least(), least, wholeSeconds(float64(o.Least())/o.From.Hz())))
	}
	if s.Testbed.Rate == result.Unlimited {
		return nil
	}
	for _, c := range filled.Cells() {
		p, err := filled.pace(c.Series)
		if err != nil {
			return at(where, "%w", err)
		}
		if most := 1 / p.loadTime().Seconds(); c.RateSought() && o.From.Hz() > most {
			return under("objective", at(where, "the links carry %.3g/s of %v, and at less than %v a window of at most %v has too few operations "+
				"for a %s, which takes %d: raise phases.longest to %v", most, c.Series, o.From, filled.Phases.Longest, o.Limit().Name,
				o.Least(), wholeSeconds(2*float64(o.Least())/most)))
		}
	}
	return nil
}

// wholeSeconds rounds up.
func wholeSeconds(s float64) result.Duration {
	return result.Duration(math.Ceil(s)) * result.Duration(time.Second)
}

// mostFirstRate is the highest rate that a search for one begins with: it doubles quickly, while a rate that is far too high
// takes the load generator's processors.
const mostFirstRate = 500

// Rates are where a search for the highest rate of the series begins, and between which it stays, per second: it begins with half of
// what the links carry. The error is that of a series that cannot be counted.
func (e *Experiment) Rates(s result.Series) (from, first, most float64, err error) {
	p, err := e.pace(s)
	if err != nil {
		return 0, 0, 0, err
	}
	return e.Objective.From.Hz(), p.firstRate(), maxFrequency.Hz(), nil
}

func (p *pace) firstRate() float64 {
	return max(p.Objective.From.Hz(), min(mostFirstRate, 0.5/p.loadTime().Seconds()))
}
