package plots

import (
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
)

// changed is a copy of the synthetic attack run with its trials changed.
func changed(change func(t *result.Trial)) *result.Set {
	s := syntheticTrials()
	for i := range s.Trials {
		change(&s.Trials[i])
	}
	return s
}

// only is a change to one trial.
func only(protocol, attack string, change func(t *result.Trial)) func(t *result.Trial) {
	return func(t *result.Trial) {
		if t.Protocol == protocol && t.Attack == attack {
			change(t)
		}
	}
}

// doubtful is a quick run in which not all came as expected.
func doubtful() *result.Set {
	s := changed(func(t *result.Trial) {
		only("mabd", "B3", func(t *result.Trial) { t.Held, t.Harms, t.Detail = false, nil, "" })(t)
		only("phalanx", "N2", func(t *result.Trial) {
			t.Held, t.Harms, t.Detail = false, map[string]int64{"hang": 2, "stale read": 0}, "WRITE 9 of p2 did not end"
			t.ThroughputOps, t.ReadMs, t.WriteMs, t.ReadRounds = 0, result.Latency{}, result.Latency{}, nil
		})(t)
		only("phalanx", "B1", func(t *result.Trial) { t.Linearizable.Code = "unknown" })(t)
	})
	s.Manifest.Quick = true
	s.Manifest.Version.Dirty = true
	return s
}

func TestFiguresOfTrials(t *testing.T) {
	figures := rendered(t, syntheticTrials())
	checkGolden(t, "figattacks.svg", figures["attacks"])
	checkGolden(t, "figtimeline.svg", figures["timeline"])
}

func TestFiguresOfTrialsHideNothing(t *testing.T) {
	alone := syntheticTrials()
	alone.Trials = frame.Keep(alone.Trials, func(t result.Trial) bool { return t.Protocol == "mabd" })
	doubtful := doubtful()
	figures := map[*result.Set]map[string]string{
		alone: rendered(t, alone), doubtful: rendered(t, doubtful),
	}
	says(t, "the timeline", joined(figures[doubtful]["timeline"]), "QUICK RUN")
	says(t, "the attacks", joined(figures[doubtful]["attacks"]), "NOT AS EXPECTED: M-ABD B3, Phalanx N2", "not as expected",
		"could not decide: Phalanx B1", "with uncommitted changes, go1.26.1", "Phalanx N3 (the kernel has no NetEm)")
	says(t, "the timeline", joined(figures[alone]["timeline"]), "servers of M-ABD: 3)",
		"As expected, the checkers caught harm to M-ABD: stale read (3)", "user-namespace. Topology spread, shaped 1 Gbit/s",
		"server 1 comes back in its old state and lies (B2)")
	says(t, "the attacks", joined(figures[alone]["attacks"]), "4 KiB values, 6 clients, 4 keys; seed 7.", "B3 bogus-candidate")
}

func TestFiguresOfFewTrials(t *testing.T) {
	all := syntheticTrials()
	for i, trial := range all.Trials {
		if trial.Protocol != "mabd" {
			continue
		}
		one := *all
		one.Trials = all.Trials[i : i+1]
		figures := slices.Collect(maps.Keys(rendered(t, &one)))
		want := []string{"attacks"}
		if trial.Attack == "timeline" {
			want = []string{"timeline"}
		}
		if trial.Skipped != "" || trial.Expectation == result.NoTarget {
			want = nil
		}
		if !slices.Equal(figures, want) {
			t.Errorf("figures %v of %s %s alone, want %v", figures, trial.Protocol, trial.Attack, want)
		}
		attackText(t, &one)
	}
	bare := changed(func(t *result.Trial) { t.Timeline, t.Events = nil, nil })
	if figures := rendered(t, bare); len(figures) != 2 {
		t.Errorf("%d figures of trials without buckets", len(figures))
	}
}

func TestDrawWritesFiguresOfTrials(t *testing.T) {
	s := changed(func(t *result.Trial) { t.Timeline = nil })
	s.Trials = frame.Keep(s.Trials, func(t result.Trial) bool { return t.Protocol == "mabd" && t.Attack[0] != 'B' })
	files, err := Draw([]*result.Set{s}, t.TempDir())
	if err != nil || len(files) != 6 || filepath.Base(files[2]) != "figattacks.png" || filepath.Base(files[3]) != "figtimeline.svg" {
		t.Fatalf("wrote %v, %v", files, err)
	}
	tables, err := Summary([]*result.Set{syntheticFigure("2b", 1), syntheticTrials()})
	if err != nil || len(tables) != 3 {
		t.Errorf("%d tables, %v: want measurements, ratios and attacks", len(tables), err)
	}
}

func TestTrialsThatAreRefused(t *testing.T) {
	last := func(change func(t *result.Trial)) []*result.Set {
		s := syntheticTrials()
		change(&s.Trials[len(s.Trials)-1])
		return []*result.Set{s}
	}
	other := func(change func(s *result.Set)) []*result.Set {
		a, b := syntheticTrials(), syntheticTrials()
		a.Trials = frame.Keep(a.Trials, func(t result.Trial) bool { return t.Protocol == "mabd" })
		b.Trials = frame.Keep(b.Trials, func(t result.Trial) bool { return t.Protocol != "mabd" })
		b.Dir = "results/attack/other"
		change(b)
		return []*result.Set{a, b}
	}
	for want, sets := range map[string][]*result.Set{
		"trials.jsonl:96: a second trial of Phalanx under attack B3": last(func(t *result.Trial) { t.Attack = "B3" }),
		"trials.jsonl:96: a trial needs a protocol":                  last(func(t *result.Trial) { t.Protocol = "" }),
		"trials.jsonl:96: t = 0":                                     last(func(t *result.Trial) { t.T = 0 }),
		"keys = 0 must be at least 1":                                last(func(t *result.Trial) { t.Keys = 0 }),
		"trials.jsonl:96: the buckets":                               last(func(t *result.Trial) { t.Timeline[7].AtMs = 3 }),
		"at least 0, not -1":                                         last(func(t *result.Trial) { t.WriteMs.P99 = -1 }),
		"12 clients in results/attack/other/trials.jsonl":            ofMoreClients(),
		"100 Mbit/s":       other(func(s *result.Set) { s.Manifest.Testbed.RateBits = 1e8 }),
		"loopback. Links":  other(func(s *result.Set) { s.Manifest.Testbed = result.Testbed{Mode: "loopback"} }),
		"t = 2 in results": other(func(s *result.Set) { s.Trials[0].T = 2 }),
	} {
		refused(t, want, sets)
	}
	if figures := rendered(t, other(func(*result.Set) {})...); len(figures) != 2 {
		t.Errorf("protocols attacked in two like runs make %d figures, want 2", len(figures))
	}
}

// ofMoreClients is two runs of which the second has more clients.
func ofMoreClients() []*result.Set {
	a, b := syntheticTrials(), changed(func(t *result.Trial) { t.Protocol, t.Clients = "powerstore", 12 })
	b.Dir = "results/attack/other"
	b.Trials = b.Trials[:2]
	return []*result.Set{a, b}
}
