package plots

import (
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
)

// syntheticAttacks are IDs and names.
var syntheticAttacks = strings.Fields(`
none: B0:everything B1:silent B2:stale B3:bogus-candidate B4:inflated-clock B5:corrupt-data
B6:spoilt-vector B7:mutated-candidate B8:ack-without-store B9:malformed B10:filter-ack B11:equivocation
B12:too-many R1:flood R2:forged-write R3:early-write-back R4:cross-key R5:personal-vectors
R6:too-many-candidates W1:dies-storing W2:dies-completing W3:same-process-id N1:isolate-t N2:isolate-t+1
N3:unruly N5:resets F1:kill-restart F2:kill-for-good F3:full-disk F4:corrupt-file`)

// harmsToMABD are those of attacks that M-ABD is not built to withstand.
var harmsToMABD = map[string]string{
	"B0": "phantom value", "B2": "stale read", "B3": "phantom value", "B4": "timestamp exhaustion", "B5": "phantom value",
	"B8": "stale read", "B11": "stale read", "R2": "phantom value",
}

// untargeted are the attacks on M-PoWerStore alone.
var untargeted = []string{"B6", "B7", "B10", "R1", "R3", "R5", "R6", "W2"}

// syntheticTrials is an attack run of all the paper's protocols.
func syntheticTrials() *result.Set {
	s := synthetic("attack")
	s.Manifest.Seed = 7
	s.Manifest.Version = result.Version{PoWBench: "0123456789ab", Go: "go1.26.1"}
	s.Manifest.Machine = result.Machine{Cores: 2, Kernel: "6.8.0"}
	s.Manifest.Testbed = result.Testbed{Mode: "user-namespace", Topology: "spread", Shaped: true, RateBits: 1e9}
	random := rand.New(rand.NewPCG(2013, 4))
	for _, protocol := range paperProtocols {
		for _, a := range syntheticAttacks {
			id, name, _ := strings.Cut(a, ":")
			s.Trials = append(s.Trials, synthesizeTrial(random, protocol, id, name))
		}
		s.Trials = append(s.Trials, syntheticTimeline(random, protocol))
	}
	return s
}

func synthesizeTrial(random *rand.Rand, protocol, attack, name string) result.Trial {
	t := result.Trial{
		Schema: result.SchemaVersion, Protocol: protocol, Attack: attack, Name: name, T: 1,
		Servers: map[string]int{"mpowerstore": 4, "mabd": 3, "phalanx": 4}[protocol], ValueBytes: 4096, Clients: 6, Keys: 4,
		DurationS: 5, Expected: "no harm", Expectation: result.Withstand, Held: true, ReadRounds: map[string]int64{"2": 4000},
		Linearizable: result.Verdict{Code: "ok"},
	}
	if attack == "N3" {
		t.Skipped = "the kernel has no NetEm"
		return t
	}
	if protocol != "mpowerstore" && slices.Contains(untargeted, attack) {
		t.Expected, t.Expectation = "nothing to attack", result.NoTarget
		return t
	}
	slow := 1 + 0.6*random.Float64()
	if attack == "none" {
		slow = 1
	}
	tail := 3.0
	if attack == "N1" || attack == "N2" || attack == "F1" {
		slow, tail = 2*slow, 160
	}
	read := slow * map[string]float64{"mpowerstore": 0.9, "mabd": 1.1, "phalanx": 1.4}[protocol]
	t.ReadMs = result.Latency{Mean: read, P50: 0.9 * read, P99: tail * read}
	t.WriteMs = result.Latency{Mean: 1.6 * read, P50: 1.5 * read, P99: tail * 1.6 * read}
	t.ThroughputOps = 6000 / (1.3 * read)
	if t.Ops.Reads, t.Ops.Writes = 900, 700; attack == "N2" {
		t.Ops.Writes = 600 // too few for a p99
	}
	if harm := harmsToMABD[attack]; protocol == "mabd" && harm != "" {
		t.Expected, t.Expectation, t.Harms = harm, result.Succumb, map[string]int64{harm: 1 + random.Int64N(90)}
		t.Linearizable.Code, t.Detail = "violation", "READ 7 of p3 returned a value that nobody wrote"
	}
	if protocol == "mpowerstore" && attack == "B6" {
		t.ReadRounds["3"] = 17
	}
	return t
}

// syntheticTimeline is one in which a server crashes, comes back lying, and comes back honest.
func syntheticTimeline(random *rand.Rand, protocol string) result.Trial {
	t := synthesizeTrial(random, protocol, "timeline", "timeline")
	t.DurationS = 12
	lies := "comes back and lies (B3)"
	if protocol == "mabd" {
		lies = "comes back in its old state and lies (B2)"
		t.Expected, t.Expectation, t.Harms = "stale read", result.Succumb, map[string]int64{"stale read": 3}
	}
	t.Events = []result.Event{
		{AtMs: 3000, What: "server 1 is killed"},
		{AtMs: 6010, What: "server 1 " + lies},
		{AtMs: 9000, What: "server 1 is killed"},
		{AtMs: 9020, What: "server 1 comes back, honest, on its directory"},
	}
	base := map[string]float64{"mpowerstore": 4200, "mabd": 3900, "phalanx": 2500}[protocol]
	for i := range 120 {
		factor := 1.0
		if 30 <= i && i < 60 {
			factor = 1.1
		}
		if 60 <= i && i < 90 {
			factor = 0.8
		}
		ops := base * factor * (1 + 0.08*random.NormFloat64()) / 10
		mean := 6000 / ops / 10
		b := result.Bucket{AtMs: 100 * float64(i)}
		b.Read = result.Ended{Ops: int64(ops / 2), MeanMs: 0.8 * mean, MaxMs: mean * (2 + 3*random.ExpFloat64())}
		b.Write = result.Ended{Ops: int64(ops / 2), MeanMs: 1.2 * mean, MaxMs: mean * (2 + 4*random.ExpFloat64())}
		if i == 30 || i == 31 {
			b.Read, b.Write = result.Ended{}, result.Ended{}
		}
		if i == 32 {
			b.Write.MaxMs = 230
		}
		t.Timeline = append(t.Timeline, b)
	}
	return t
}

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
	files, err := Draw([]*result.Set{s}, t.TempDir(), 0)
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
		"12 clients in results/attack/other/trials.jsonl": other(func(s *result.Set) {
			for i := range s.Trials {
				s.Trials[i].Clients = 12
			}
		}),
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
