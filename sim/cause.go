package sim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/powbench/powbench/protocols/byzantine"
)

// A Cause tells where in a schedule its harm became inevitable.
type Cause struct {
	Harm    byzantine.Harm
	Detail  string
	Choices []Choice // those that suffice for the harm; in the schedule told all others are muted
	// Steps are the schedule's events of which the trace tells, one after the other.
	Steps []Step
	// Random is the share of schedules of which nothing is given but the scenario.
	Random float64
	// Jump is the step behind which the harm's share is the most above that behind the step before.
	Jump int
}

// A Step is one line of the trace, and how often the harm comes when all that follows is left to chance again.
type Step struct {
	Event int64 // its number, from 1; 0 is what happens before any
	Text  string
	Share float64 // of random continuations behind the event that came to the harm
}

// Before is the share before the jump.
func (c *Cause) Before() float64 { return c.before(c.Jump) }

// before is the share behind the step before the i-th, or that of random schedules.
func (c *Cause) before(i int) float64 {
	if i == 0 {
		return c.Random
	}
	return c.Steps[i-1].Share
}

// rise is by how much the i-th step raises the share.
func (c *Cause) rise(i int) float64 { return c.Steps[i].Share - c.before(i) }

// ErrNoHarm says that a schedule has nothing whose cause there is to find.
var ErrNoHarm = errors.New("the schedule comes to no harm")

// FindCause shrinks the schedule of the seed and, from each of its prefixes, goes on at random so many times.
func FindCause(ctx context.Context, s Scenario, seed uint64, continuations, workers int) (*Cause, error) {
	choices, err := Shrink(s, seed)
	if err != nil {
		return nil, err
	}
	if choices == nil {
		return nil, fmt.Errorf("seed %d: %w", seed, ErrNoHarm)
	}
	o, err := Trace(s, seed, choices)
	if err != nil {
		return nil, err
	}
	c := &Cause{Harm: o.Harm(), Choices: choices}
	for _, f := range o.Findings {
		if f.Harm == c.Harm {
			c.Detail = f.Detail
			break
		}
	}
	for i, text := range o.Trace {
		c.Steps = append(c.Steps, Step{Event: o.events[i], Text: text})
	}
	shares, err := sharesOf(ctx, s, seed, c, continuations, workers)
	if err != nil {
		return nil, err
	}
	c.Random = shares[nowhere]
	for i := range c.Steps {
		c.Steps[i].Share = shares[c.Steps[i].Event]
		if c.rise(i) > c.rise(c.Jump) {
			c.Jump = i
		}
	}
	return c, nil
}

// nowhere is before what is set up before any event.
const nowhere = -1

// sharesOf is the share of continuations that come to the harm, by the event behind which they begin.
func sharesOf(ctx context.Context, s Scenario, seed uint64, c *Cause, continuations, workers int) (map[int64]float64, error) {
	shares := map[int64]float64{nowhere: 0}
	all := []int64{nowhere} // each once
	for _, step := range c.Steps {
		if _, known := shares[step.Event]; !known {
			shares[step.Event] = 0
			all = append(all, step.Event)
		}
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	var failure error
	next := make(chan int64)
	for range workers {
		wg.Go(func() {
			for event := range next {
				share, err := c.shareBehind(s, seed, event, continuations)
				mu.Lock()
				shares[event] = share
				failure = cmp.Or(failure, err)
				mu.Unlock()
			}
		})
	}
	for _, event := range all {
		if ctx.Err() != nil {
			break
		}
		next <- event
	}
	close(next)
	wg.Wait()
	return shares, errors.Join(failure, ctx.Err())
}

// shareBehind is the share of continuations behind the event that come to the harm.
func (c *Cause) shareBehind(s Scenario, seed uint64, event int64, continuations int) (float64, error) {
	harmed := 0
	for n := range continuations {
		o, err := simulate(s, seed, &turning{
			before: Only(s.chooser(seed), c.Choices), after: Seeded(mix(seed + uint64(n) + 1)), at: event,
		}, false)
		if err != nil {
			return 0, err
		}
		if slices.ContainsFunc(o.Findings, func(f Finding) bool { return f.Harm == c.Harm }) {
			harmed++
		}
	}
	return float64(harmed) / float64(continuations), nil
}

// turning decides as one chooser until so many events have happened, and as another from then on.
type turning struct {
	before, after Chooser
	at            int64
	clock         *int64 // counts the schedule's events
}

// watch implements timed.
func (t *turning) watch(clock *int64) { t.clock = clock }

// timed is a chooser that wants to know how many events have happened.
type timed interface{ watch(clock *int64) }

func (t *turning) now() Chooser {
	if *t.clock > t.at {
		return t.after
	}
	return t.before
}

// Choose implements Chooser.
func (t *turning) Choose(c Choice, n int) int { return t.now().Choose(c, n) }

// Chance implements Chooser.
func (t *turning) Chance(c Choice, percent int) bool { return t.now().Chance(c, percent) }

// Order implements Chooser.
func (t *turning) Order(c Choice, n int) []int { return t.now().Order(c, n) }
