package agent

import "github.com/powbench/powbench/harness/result"

// tally counts one client's operations.
type tally struct {
	spec                                          LoadSpec
	windowOps, loadOps, errors, waitNs, overtaken int64

	firstError error
	latency    timing
	rounds     map[int]int64           // of the window
	kinds      map[result.Rounds]int64 // of the whole load
	open       *openTally              // nil in a closed loop
}

func newTally(spec LoadSpec) *tally {
	t := &tally{spec: spec, latency: newTiming(), rounds: make(map[int]int64), kinds: make(map[result.Rounds]int64)}
	if spec.Open() {
		t.open = newOpenTally(spec)
	}
	return t
}

// inWindow reports whether the instant lies in the measured window.
func (s LoadSpec) inWindow(ns int64) bool { return s.WarmupEndNs <= ns && ns < s.MeasureEndNs }

func (t *tally) add(done completed, err error) {
	if t.open != nil {
		t.open.arrived(done.due, done.start)
	}
	if err != nil {
		t.fail(err)
		return
	}
	t.loadOps++
	t.kinds[done.rounds]++
	if !t.spec.inWindow(done.end) {
		return
	}
	t.windowOps++
	t.latency.add(done.end - done.due)
	t.waitNs += done.waited
	t.rounds[done.rounds.Total()]++
	if t.open != nil {
		t.open.ended(done)
	}
}

// fail counts an error.
func (t *tally) fail(err error) {
	t.errors++
	if t.firstError == nil {
		t.firstError = err
	}
}

// merge adds up the clients' tallies of the load.
func merge(spec LoadSpec, tallies []*tally) (LoadReport, error) {
	sum := newTally(spec)
	for _, t := range tallies {
		sum.windowOps += t.windowOps
		sum.loadOps += t.loadOps
		sum.errors += t.errors
		sum.waitNs += t.waitNs
		sum.overtaken += t.overtaken
		sum.latency.merge(t.latency)
		for rounds, n := range t.rounds {
			sum.rounds[rounds] += n
		}
		for rounds, n := range t.kinds {
			sum.kinds[rounds] += n
		}
		if sum.firstError == nil {
			sum.firstError = t.firstError
		}
		if sum.open != nil {
			sum.open.merge(t.open)
		}
	}
	return sum.report()
}

func (t *tally) report() (LoadReport, error) {
	report := LoadReport{
		WindowOps: t.windowOps, LoadOps: t.loadOps, Errors: t.errors,
		LatencyNs: t.latency.sum, WaitNs: t.waitNs, Overtaken: t.overtaken,
		Rounds: t.rounds, RoundKinds: t.kinds,
	}
	if t.firstError != nil {
		report.Error = t.firstError.Error()
	}
	var err error
	if report.Histogram, err = encode(t.latency.histogram); err != nil || t.open == nil {
		return report, err
	}
	report.Open, err = t.open.report()
	return report, err
}
