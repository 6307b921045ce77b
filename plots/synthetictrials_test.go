package plots

import (
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/powbench/powbench/harness/result"
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
