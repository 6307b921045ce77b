package query

import (
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
)

func TestOutcomes(t *testing.T) {
	r := results(t, measured(map[string][]float64{
		"mpowerstore": {59, 60, 61}, "mabd": {39, 40, 41}, "phalanx": {58, 60, 63}, "powerstore": {50},
	}))
	for inequality, want := range map[string]struct {
		outcome  Outcome
		measured string
	}{
		mine + " >= 50":                           {Holds, "60.0 ± 2.5 ≥ 50"},
		mine + " <= 50":                           {DoesNotHold, "60.0 ± 2.5 ≤ 50"},
		mine + " > 70":                            {DoesNotHold, "60.0 ± 2.5 > 70"},
		mine + " >= 61":                           {CannotTell, "60.0 ± 2.5 ≥ 61"},
		mine + " >= 59":                           {CannotTell, "60.0 ± 2.5 ≥ 59"},
		"59 < " + mine:                            {CannotTell, "59 < 60.0 ± 2.5"},
		mine + "/" + theirs + " >= 1.45":          {Holds, "1.50 [1.47, 1.53] ≥ 1.45"},
		theirs + " < " + mine:                     {Holds, "40.0 ± 2.5 < 60.0 ± 2.5 (ratio 0.67 [0.65, 0.68])"},
		mine + ` < peak("2b", "phalanx", "read")`: {CannotTell, "60.0 ± 2.5 < 60.3 ± 6.3 (ratio 0.99 [0.93, 1.06])"},
		`peak("2b", "powerstore", "read") > 1`:    {CannotTell, "50.0 > 1"},
		`most("point", "rounds", {figure: "2b", protocol: "mabd", op: "read"}) == 2`:  {Holds, "2 = 2"},
		`most("point", "rounds", {figure: "2b", protocol: "mabd", op: "read"}) == 3`:  {DoesNotHold, "2, not 3"},
		`most("point", "rounds", {figure: "2b", protocol: "mabd", op: "read"}) <= 2`:  {Holds, "2 ≤ 2"},
		`most("point", "rounds", {figure: "2b", protocol: "mabd", op: "read"}) < 2`:   {DoesNotHold, "2 < 2"},
		`peak("2b", "mabd", "write") > 1`:                                             {NotMeasured, ""},
		`most("point", "rounds", {figure: "2b", protocol: "mabd", op: "write"}) == 2`: {NotMeasured, ""},
	} {
		got, err := r.Compare(inequality, nil)
		if err != nil || got.Outcome != want.outcome || got.Measured != want.measured {
			t.Errorf("%s: %s, %q (%v), want %s, %q", inequality, got.Outcome, got.Measured, err, want.outcome, want.measured)
		}
		if (got.Outcome == NotMeasured) != (len(got.Missing) > 0) || len(got.Points) == 0 && got.Outcome != NotMeasured {
			t.Errorf("%s: missing %v, points %v", inequality, got.Missing, got.Points)
		}
	}
}

func TestNoInequality(t *testing.T) {
	r := results(t, measured(map[string][]float64{"mpowerstore": {59, 60}}))
	for inequality, want := range map[string]string{
		mine:                               "is not an inequality",
		"1 < 2":                            "is not an inequality",
		mine + "==1":                       "compares counts only",
		mine + " > 1 and " + mine + " > 2": "mismatched types",
	} {
		if _, err := r.Compare(inequality, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q in it", inequality, err, want)
		}
	}
}

func TestTrialsAndCosts(t *testing.T) {
	trials := &result.Set{Dir: "results/attack", Trials: []result.Trial{
		{Protocol: "mabd", Attack: "B2", Harms: map[string]int64{"stale read": 3}, Linearizable: result.Verdict{Code: "violation"}},
		{Protocol: "mpowerstore", Attack: "B6", ReadRounds: map[string]int64{"2": 90, "3": 4, "4": 0}, Linearizable: result.Verdict{Code: "ok"}},
		{Protocol: "powerstore", Attack: "B6", WriteKinds: map[result.Rounds]int64{{Data: 2}: 1, {Data: 1, Metadata: 2}: 1, {Data: 3}: 0}},
		{Protocol: "phalanx", Attack: "N3", Skipped: "no NetEm"},
		{Protocol: "phalanx", Attack: "B1", Linearizable: result.Verdict{Code: "unknown"}},
	}}
	costs := &result.Set{Dir: "results/table1"}
	for i, ns := range []float64{900, 1100} {
		costs.Costs = append(costs.Costs, result.Cost{
			Scheme: "polynomial-naive", T: 2, Repetition: i + 1, Validity: result.Validity{Valid: true},
			Construct: result.Spent{Ns: ns, Multiplications: 35},
		}, result.Cost{Scheme: "ed25519", Repetition: i + 1, Validity: result.Validity{Valid: i == 0}, Construct: result.Spent{Ns: 2e4}})
	}
	counted := measured(map[string][]float64{"mabd": {1, 1}, "phalanx": {1}})
	for i := range counted.Points {
		if p := &counted.Points[i]; p.Protocol == "mabd" {
			p.RoundKinds = map[result.Rounds]int64{{Data: 1, Metadata: 2}: 4}
		}
	}
	r, err := New([]*result.Set{trials, costs, counted}, result.Virtual{
		Simulated: []result.Simulated{
			{Protocol: "mabd", Attack: "B2", T: 1, Schedules: 75, Expectation: result.Succumb, Harms: map[string]int64{"stale read": 3}},
			{Protocol: "mabd", Attack: "B2", T: 2, Schedules: 25, Expectation: result.Succumb},
			{Protocol: "phalanx", Attack: "B2", Schedules: 9, Expectation: result.Withstand, Reads: map[int]int64{2: 3, 3: 1}},
		},
		Explored: []result.Explored{
			{Protocol: "mabd", Scope: "read", Menu: "crash", T: 1, Complete: true, Held: true, Executions: 30},
			{Protocol: "mabd", Scope: "write-read", Menu: "crash", T: 1, Held: true, Executions: 500},
			{Protocol: "mabd", Scope: "write-read", Menu: "crash", T: 1, Deviations: 2, Complete: true, Executions: 7},
		},
		Mutants: []result.Mutant{
			{Protocol: "gv", Killed: result.ByUnitTests},
			{Protocol: "gv", Killed: result.ByTraces},
			{Protocol: "cas", Killed: result.ByNothing},
			{Protocol: "gv", Killed: result.ByNothing, Reason: "it is the same"},
		},
		Hunts: []result.Hunts{
			{Mutant: "a", Attack: "B1", Kind: "liars", Hunter: "uniform", Most: 100, Schedules: []uint64{1, 11, 0, 100}},
			{Mutant: "b", Attack: "B2", Kind: "liars", Hunter: "uniform", Most: 100, Schedules: []uint64{0, 0, 0, 0}, ByRule: true},
			{Mutant: "c", Hunter: "mixed", Most: 200, Schedules: []uint64{0}, ByRule: true},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for expression, want := range map[string]string{
		`of("exploration", "executions", {protocol: "mabd", deviations: 0})`:            "530",
		`of("exploration", "complete", {scope: "write-read"})`:                          "1",
		`of("exploration", "unexpected", {menu: "crash"})`:                              "1",
		`of("mutant", "mutants", {protocol: "gv"})`:                                     "3",
		`of("mutant", "killed.unit_tests", {protocol: "gv"})`:                           "1",
		`of("mutant", "explained", {protocol: "gv"})`:                                   "1",
		`of("mutant", "survivors")`:                                                     "2",
		`of("hunt", "mistakes", {kind: "liars", hunter: "uniform"})`:                    "2",
		`of("hunt", "never", {kind: "liars", hunter: "uniform"})`:                       "1",
		`of("hunt", "hidden", {made: "by rule"})`:                                       "1",
		`of("hunt", "hunts")`:                                                           "8",
		`of("hunt", "alive.10", {kind: "liars", made: "on purpose"})`:                   "75",
		`of("hunt", "alive.100", {kind: "liars", made: "on purpose"})`:                  "25",
		`of("trial", "harms", {protocol: "mabd", attack: "B2"})`:                        "4",
		`of("trial", "harms", {protocol: "phalanx", attack: "B1"})`:                     "1", // nobody knows that there is none
		`of("trial", "harms", {protocol: "phalanx", attack: "N3"})`:                     "–",
		`of("trial", "read_rounds", {protocol: "mpowerstore", attack: "B6"})`:           "3",
		`of("trial", "write_rounds", {protocol: "mpowerstore", attack: "B6"})`:          "–",
		`of("trial", "read_data_rounds", {protocol: "mpowerstore", attack: "B6"})`:      "–",
		`of("trial", "write_rounds", {protocol: "powerstore", attack: "B6"})`:           "3",
		`of("trial", "write_data_rounds", {protocol: "powerstore", attack: "B6"})`:      "2",
		`most("point", "data_rounds", {figure: "2b", protocol: "mabd", op: "read"})`:    "1",
		`most("point", "data_rounds", {figure: "2b", protocol: "phalanx", op: "read"})`: "–",
		`of("cost", "construct.us", {scheme: "polynomial-naive", t: 2})`:                "1.00 ± 1.27",
		`of("cost", "construct.us", {scheme: "ed25519", t: 7})`:                         "20.0",
		`most("cost", "construct.multiplications", {scheme: "polynomial-naive", t: 2})`: "35",
		`of("simulation", "harms.stale read", {protocol: "mabd", attack: "B2"})`:        "3",
		`of("simulation", "harms", {protocol: "mabd", attack: "B2"})`:                   "3",
		`of("simulation", "reads.3", {protocol: "phalanx", attack: "B2"})`:              "25",
		`of("simulation", "schedules")`:                                                 "109",
		`of("simulation", "harmless")`:                                                  "9",
	} {
		if got := quantity(t, r, expression).Interval().String(); got != want {
			t.Errorf("%s = %s, want %s", expression, got, want)
		}
	}
	for _, sets := range [][]*result.Set{{trials, trials}, {costs, costs}} {
		if _, err := New(sets, result.Virtual{}); err == nil || !strings.Contains(err.Error(), "give only one of the two") {
			t.Errorf("two of the same: error %v", err)
		}
	}
}
