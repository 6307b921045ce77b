package sim

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
)

// Run plays the schedule of the seed.
func Run(s Scenario, seed uint64) (*Outcome, error) { return simulate(s, seed, s.chooser(seed), false) }

// Trace plays the schedule of the seed, of which only the choices named are loud, or all if only is nil. Its outcome
// tells what happened, line by line.
func Trace(s Scenario, seed uint64, only []Choice) (*Outcome, error) {
	chooser := s.chooser(seed)
	if only != nil {
		chooser = Only(chooser, only)
	}
	return simulate(s, seed, chooser, true)
}

// A Tally sums up many schedules of one scenario.
type Tally struct {
	Schedules, Operations, Messages int64
	Reads                           map[int]int64                 // by their rounds
	Harms                           map[byzantine.Harm]int64      // schedules, by the gravest harm found
	First                           map[byzantine.Harm]uint64     // the lowest seed of each harm
	Conditions                      map[protocols.Condition]int64 // operations that came to each
	Met                             Met
	Starved                         int64 // READs to which WRITEs left no round to end in, as the protocol allows
}

// Explore plays the schedules of the seeds from first to last on the number of workers at once, until ctx ends or, if
// enough is not nil, it says so of what has been found so far. The tally is the same for any number of workers if all
// schedules are played.
func Explore(ctx context.Context, s Scenario, first, last uint64, workers int, enough func(*Tally) bool) (*Tally, error) {
	total := &Tally{Reads: map[int]int64{}, Harms: map[byzantine.Harm]int64{}, First: map[byzantine.Harm]uint64{}, Conditions: map[protocols.Condition]int64{}}
	var mu sync.Mutex
	var failure error
	var next atomic.Uint64
	next.Store(first)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for ctx.Err() == nil {
				seed := next.Add(1) - 1
				if seed > last {
					return
				}
				o, err := Run(s, seed)
				mu.Lock()
				if err == nil {
					total.add(seed, o)
				}
				stop := err != nil || failure != nil || enough != nil && enough(total)
				if err != nil {
					failure = err
				}
				mu.Unlock()
				if stop {
					next.Store(last + 1)
					return
				}
			}
		})
	}
	wg.Wait()
	return total, failure
}

// add counts one schedule.
func (t *Tally) add(seed uint64, o *Outcome) {
	t.Schedules++
	t.Operations += int64(o.Operations)
	t.Messages += int64(o.Messages)
	t.Met.add(o.Met)
	t.Starved += int64(o.Starved)
	for rounds, n := range o.Reads {
		t.Reads[rounds] += int64(n)
	}
	for c, n := range o.Conditions {
		t.Conditions[c] += int64(n)
	}
	h := o.Harm()
	if h == byzantine.NoHarm {
		return
	}
	t.Harms[h]++
	if old, had := t.First[h]; !had || seed < old {
		t.First[h] = seed
	}
}

// maxTrials bounds what shrinking tries.
const maxTrials = 20_000

// Shrink returns choices that suffice for the gravest harm that the schedule of the seed comes to: mute all others, and
// the harm is still found. It is nil if there is no harm. No choice of it can be muted too, unless shrinking took too
// long.
func Shrink(s Scenario, seed uint64) ([]Choice, error) {
	made := map[Choice]bool{}
	o, err := simulate(s, seed, heard(s.chooser(seed), made), false)
	if err != nil || len(o.Findings) == 0 {
		return nil, err
	}
	harm, trials := o.Harm(), 0
	fails := func(loud []Choice) bool {
		if trials++; trials > maxTrials {
			return false
		}
		o, err := simulate(s, seed, Only(s.chooser(seed), loud), false)
		return err == nil && o.Harm() == harm
	}
	loud := slices.Sorted(maps.Keys(made))
	for w := between; w > 0; w-- { // all of a kind at once, where possible
		rest := slices.DeleteFunc(slices.Clone(loud), func(c Choice) bool { return c.what() == w })
		if len(rest) < len(loud) && fails(rest) {
			loud = rest
		}
	}
	return Minimise(loud, fails), nil
}

// Minimise is delta debugging (Zeller and Hildebrandt, TSE'02): it leaves ever smaller parts out, as long as what is
// left fails.
func Minimise[T any](loud []T, fails func([]T) bool) []T {
	for size := (len(loud) + 1) / 2; size > 0; {
		shrunk := false
		for from := 0; from < len(loud); {
			rest := slices.Concat(loud[:from], loud[min(from+size, len(loud)):])
			if fails(rest) {
				loud, shrunk = rest, true
			} else {
				from += size
			}
		}
		if !shrunk || size > 1 {
			size /= 2
		}
	}
	return loud
}
