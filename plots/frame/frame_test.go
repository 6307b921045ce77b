package frame

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/stat"
)

// cellOf is a cell whose valid repetitions 1, 2 … have these throughputs; 0 leaves one out.
func cellOf(protocol string, cost float64, throughputs ...float64) Cell {
	c := Cell{Key: Key{Series: result.Series{Protocol: protocol, Op: "read", T: 1, ValueBytes: 1 << 18}, Load: result.Load{Clients: 4}}}
	for i, x := range throughputs {
		if x > 0 {
			c.Valid = append(c.Valid, result.Point{
				Repetition: i + 1, ThroughputMBps: x, CostFactor: result.TrafficFactor{ServerToClient: cost},
			})
		}
	}
	return c
}

func TestRatioIsPaired(t *testing.T) {
	// Noise that both suffer in the same repetition does not blur the ratio.
	r := NewRatio(cellOf("mpowerstore", 2, 60, 45, 30), cellOf("mabd", 3, 40, 30, 20))
	if r.N != 3 || math.Abs(r.Value-1.5) > 1e-9 || r.High-r.Low > 1e-9 || r.Model != 1.5 {
		t.Errorf("got %+v, want 1.5 exactly, and the model's 1.5", r)
	}
	// ln of the ratios 1 and 4 is ln 2 ± ln 2: the interval is 2·exp(±12.706·ln 2), as s/√2 = ln 2.
	r = NewRatio(cellOf("mpowerstore", 2, 10, 40), cellOf("mabd", 3, 10, 10))
	if want := 2 * math.Exp(12.7062*math.Ln2); math.Abs(r.Value-2) > 1e-9 || math.Abs(r.High/want-1) > 1e-3 {
		t.Errorf("got %+v, want 2 up to %.0f", r, want)
	}
}

func TestRatioWithoutPairs(t *testing.T) {
	r := NewRatio(cellOf("mpowerstore", 2, 60, 0), cellOf("mabd", 3, 0, 40))
	if r.String() != stat.Missing || r.Value != 0 || r.Model != 1.5 {
		t.Errorf("got %q, %+v, want no value but the model's", r, r)
	}
	if s := NewRatio(cellOf("mpowerstore", 2, 60), cellOf("mabd", 3, 40)).String(); s != "1.50" {
		t.Errorf("one pair is %q, want no interval", s)
	}
	if r := NewRatio(cellOf("mpowerstore", 0, 60), cellOf("mabd", 3, 40)); r.Model != 0 {
		t.Errorf("model ratio %v without a cost, want none", r.Model)
	}
}

// repeated is a cell with a valid repetition for each throughput.
func repeated(throughputs ...float64) Cell { return cellOf("mabd", 3, throughputs...) }

// Textbook numbers: logarithms 1 … 5 and 2, 4, 6 differ by 1; u = 2.5/5, v = 4/3, hence the standard error is 1.354 and the
// degrees of freedom are 3.361/(0.0625+0.8889) = 3.53.
func TestNewChangeIsWelchs(t *testing.T) {
	var x, y []float64
	for _, l := range []float64{1, 2, 3, 4, 5} {
		x = append(x, math.Exp(l))
	}
	for _, l := range []float64{2, 4, 6} {
		y = append(y, math.Exp(l))
	}
	e, degrees := stat.Welch([]float64{1, 2, 3, 4, 5}, []float64{2, 4, 6})
	if math.Abs(e-1.35401) > 1e-4 || math.Abs(degrees-3.53285) > 1e-3 {
		t.Errorf("welch: standard error %.5f with %.4f degrees of freedom, want 1.35401 with 3.5328", e, degrees)
	}
	c := newChange(repeated(x...), repeated(y...), throughputMBps)
	half := math.Log(c.high / c.ratio)
	if math.Abs(math.Log(c.ratio)-1) > 1e-9 || math.Abs(half-math.Log(c.ratio/c.low)) > 1e-9 ||
		half < stat.StudentT(4)*e || half > stat.StudentT(3)*e {
		t.Errorf("got %v with logarithms 1 ± %.3f", c, half)
	}
	if c.p < 0.4 || c.p > 0.6 { // t = 0.739
		t.Errorf("p = %.3f, want about 0.51", c.p)
	}
}

func TestVerdicts(t *testing.T) {
	for _, test := range []struct {
		name string
		a, b Cell
		want string // of a throughput
	}{
		{"nothing", repeated(50, 50.5, 49.5), repeated(50.1, 49.6, 50.4), NoDifference},
		{"more", repeated(50, 50.5, 49.5), repeated(55, 55.5, 54.5), "faster"},
		{"less", repeated(50, 50.5, 49.5), repeated(45, 45.5, 44.5), "slower"},
		{"a small thing", repeated(50, 50.1, 49.9), repeated(50.5, 50.6, 50.4), "faster"},
		{"noise", repeated(50, 60, 40), repeated(55, 65, 45), TooFew},
		{"one repetition", repeated(50, 50.5, 49.5), repeated(55), TooFew},
		{"no repetition", repeated(50, 50.5, 49.5), repeated(), TooFew},
		{"no noise at all", repeated(50, 50), repeated(55, 55), TooFew},
		{"noise in one", repeated(50, 50), repeated(55, 55.1), "faster"},
	} {
		c := newChange(test.a, test.b, throughputMBps)
		if got := c.Verdict(true, true); got != test.want {
			t.Errorf("%s: %v is %q, want %q", test.name, c, got, test.want)
		}
		opposite := strings.NewReplacer("faster", "slower", "slower", "faster").Replace(test.want)
		if got := c.Verdict(false, true); got != opposite {
			t.Errorf("%s: %v, of a latency, is %q, want %q", test.name, c, got, opposite)
		}
	}
	c := newChange(repeated(50, 50.5, 49.5), repeated(55, 55.5, 54.5), throughputMBps)
	if got := c.Verdict(true, false); got != "faster?" {
		t.Errorf("an interval that Holm does not reject is %q", got)
	}
}

// The interval must hold the true ratio in 95 % of all comparisons, also of unequally many repetitions and noise.
func TestChangeCoversTheRatio(t *testing.T) {
	const seed, trials = 7, 4000
	random := rand.New(rand.NewPCG(seed, 0))
	sample := func(n int, mean, noise float64) Cell {
		x := make([]float64, n)
		for i := range x {
			x[i] = mean * math.Exp(noise*random.NormFloat64())
		}
		return repeated(x...)
	}
	covered := 0
	for range trials {
		c := newChange(sample(5, 50, 0.01), sample(4, 60, 0.04), throughputMBps)
		if c.low <= 1.2 && 1.2 <= c.high {
			covered++
		}
	}
	if share := float64(covered) / trials; share < 0.94 || share > 0.965 {
		t.Errorf("seed %d: %.3f of the intervals hold the ratio, want 0.95", seed, share)
	}
}

func TestRoundsName(t *testing.T) {
	for want, kinds := range map[string]map[result.Rounds]int64{
		"–":                         nil,
		"2D":                        {{Data: 2}: 3},
		"D+d (9), 2D (4), D+2d (4)": {{Data: 1, Metadata: 2}: 4, {Data: 1, Metadata: 1}: 9, {Data: 2}: 4},
	} {
		if got := RoundsName(kinds); got != want {
			t.Errorf("%v are %q, want %q", kinds, got, want)
		}
	}
}

func TestOutcome(t *testing.T) {
	harm := map[string]int64{"stale read": 2}
	ok := result.Verdict{Code: "ok"}
	for _, c := range []struct {
		trial   result.Trial
		outcome result.Outcome
		says    string
	}{
		{result.Trial{Held: true, Linearizable: ok}, result.Withstood, "✓"},
		{result.Trial{Held: true, Linearizable: result.Verdict{Code: "unknown"}}, result.Withstood, "? not verified"},
		{result.Trial{Held: true, Harms: map[string]int64{"hang": 0}}, result.Withstood, "✓"},
		{result.Trial{Held: true, Harms: harm}, result.Caught, "✗ stale read (2)"},
		{result.Trial{Held: true, Linearizable: result.Verdict{Code: "violation"}}, result.Caught, "✗ not linearizable"},
		{result.Trial{Harms: harm}, result.Unexpected, "NOT AS EXPECTED: stale read (2)"},
		{result.Trial{Expected: "stale read"}, result.Unexpected, "NOT AS EXPECTED: no harm"},
		{result.Trial{Held: true, Skipped: "no namespaces"}, result.NotPlayed, ""},
		{result.Trial{Skipped: "of course", Expectation: result.NoTarget}, result.Targetless, ""},
	} {
		x := Trial{c.trial, nil}
		if got := x.Outcome(); got != c.outcome || x.Played() != (c.says != "") {
			t.Errorf("%+v is outcome %q, played: %v; want %q", c.trial, got, x.Played(), c.outcome)
		}
		if c.says != "" && x.Verdict() != c.says {
			t.Errorf("%+v reads %q, want %q", c.trial, x.Verdict(), c.says)
		}
	}
}

func TestRounds(t *testing.T) {
	for want, rounds := range map[string]map[string]int64{
		"": {"2": 0}, "1 round": {"1": 4}, "2 rounds": {"2": 1, "3": 0}, "2 to 10 rounds": {"10": 1, "3": 5, "2": 1},
	} {
		if got := (Trial{result.Trial{ReadRounds: rounds}, nil}).Rounds(); got != want {
			t.Errorf("%v are %q, want %q", rounds, got, want)
		}
	}
}

func TestAttackIDs(t *testing.T) {
	var trials []Trial
	for _, id := range strings.Fields("timeline F1 R2 B10 N3 B2 none W1 B0 R10") {
		trials = append(trials, Trial{result.Trial{Attack: id}, nil})
	}
	if got := strings.Join(AttackIDs(trials), " "); got != "none B0 B2 B10 R2 R10 W1 N3 F1 timeline" {
		t.Errorf("the order of attacks is %s", got)
	}
}

// What is printed for the protocols that are run can be compared.
func TestPublishedRoundsAreRounds(t *testing.T) {
	run := 0
	for _, p := range Table3 {
		for _, op := range []string{"read", "write"} {
			var r result.Rounds
			if err := r.UnmarshalText([]byte(p.Of(op))); err != nil && p.Protocol != "" {
				t.Errorf("%s: %v", p.Name, err)
			}
		}
		if p.Protocol != "" {
			run++
		}
	}
	if run != 3 || len(Table3) != 7 {
		t.Errorf("%d of %d rows are run, want 3 of 7", run, len(Table3))
	}
}
