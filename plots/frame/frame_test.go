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

func ratio(over, under Cell) Ratio { return RatioOf(over, under, ThroughputMBps) }

func TestRatioIsPaired(t *testing.T) {
	// Noise that both suffer in the same repetition does not blur the ratio.
	r := ratio(cellOf("mpowerstore", 2, 60, 45, 30), cellOf("mabd", 3, 40, 30, 20))
	if r.N != 3 || math.Abs(r.Value-1.5) > 1e-9 || r.High-r.Low > 1e-9 || r.Model != 1.5 {
		t.Errorf("got %+v, want 1.5 exactly, and the model's 1.5", r)
	}
	// ln of the ratios 1 and 4 is ln 2 ± ln 2: the interval is 2·exp(±12.706·ln 2), as s/√2 = ln 2.
	r = ratio(cellOf("mpowerstore", 2, 10, 40), cellOf("mabd", 3, 10, 10))
	if want := 2 * math.Exp(12.7062*math.Ln2); math.Abs(r.Value-2) > 1e-9 || math.Abs(r.High/want-1) > 1e-3 {
		t.Errorf("got %+v, want 2 up to %.0f", r, want)
	}
}

func TestRatioWithoutPairs(t *testing.T) {
	r := ratio(cellOf("mpowerstore", 2, 60, 0), cellOf("mabd", 3, 0, 40))
	if r.Format(2) != stat.Missing || r.Value != 0 || r.Model != 1.5 {
		t.Errorf("got %+v, want no value but the model's", r)
	}
	if s := ratio(cellOf("mpowerstore", 2, 60), cellOf("mabd", 3, 40)).Format(2); s != "1.50" {
		t.Errorf("one pair is %q, want no interval", s)
	}
	if r := ratio(cellOf("mpowerstore", 0, 60), cellOf("mabd", 3, 40)); r.Model != 0 {
		t.Errorf("model ratio %v without a cost, want none", r.Model)
	}
}

// repeated is a cell with a valid repetition for each throughput.
func repeated(throughputs ...float64) Cell { return cellOf("mabd", 3, throughputs...) }

// change is what became of a throughput, or of a latency with the same numbers.
func change(a, b Cell, aspect int) Finding {
	f := newFinding(0, Couple{a, b})
	f.Aspect, f.Holds = aspect, true
	return f
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
		c := change(test.a, test.b, 0)
		if got := c.Verdict(); got != test.want {
			t.Errorf("%s: %v is %q, want %q", test.name, c.Ratio, got, test.want)
		}
		opposite := strings.NewReplacer("faster", "slower", "slower", "faster").Replace(test.want)
		if got := change(test.a, test.b, 1).Verdict(); got != opposite {
			t.Errorf("%s: %v, of a latency, is %q, want %q", test.name, c.Ratio, got, opposite)
		}
	}
	c := change(repeated(50, 50.5, 49.5), repeated(55, 55.5, 54.5), 0)
	c.Holds = false
	if got := c.Verdict(); got != "faster?" {
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
		c := newFinding(0, Couple{sample(5, 50, 0.01), sample(4, 60, 0.04)})
		if c.Low <= 1.2 && 1.2 <= c.High {
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
		x := Trial{Trial: c.trial}
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
		if got := (Trial{Trial: result.Trial{ReadRounds: rounds}}).RoundsName(); got != want {
			t.Errorf("%v are %q, want %q", rounds, got, want)
		}
	}
}

func TestAttackIDs(t *testing.T) {
	var trials []Trial
	for _, id := range strings.Fields("timeline F1 R2 B10 N3 B2 none W1 B0 R10") {
		trials = append(trials, Trial{Trial: result.Trial{Attack: id}})
	}
	if got := strings.Join(AttackIDs(trials), " "); got != "none B0 B2 B10 R2 R10 W1 N3 F1 timeline" {
		t.Errorf("the order of attacks is %s", got)
	}
}

// What is printed for the protocols that are run can be compared.
func TestPublishedRoundsAreRounds(t *testing.T) {
	compared := 0
	for _, p := range Table3 {
		for _, op := range []string{"read", "write"} {
			var r result.Rounds
			err := r.UnmarshalText([]byte(p.Of(op)))
			if err != nil && p.Of(op) != Unbounded && !strings.HasPrefix(p.Of(op), ">") {
				t.Errorf("%s: %v", p.Name, err)
			}
			if err == nil {
				compared++
			}
		}
	}
	if compared != 11 || len(Table3) != 7 {
		t.Errorf("%d latencies of %d rows can be compared, want 11 of 7", compared, len(Table3))
	}
}

// Protocols that no list has are told apart by name, place and look, even if their manifests give them one place.
func TestProtocolsFromOutside(t *testing.T) {
	s := &result.Set{Manifest: result.Manifest{Systems: map[string]result.System{
		"a": {Protocol: "a", Title: "A", Order: 7}, "b": {Protocol: "b", Title: "B", Order: 7}, "c": {Protocol: "c", Title: "C", Order: 2},
	}}}
	known := systemsOf([]*result.Set{s})
	a, b, c := known.of("a", result.Paper), known.of("b", "quick"), known.of("c", result.Paper)
	if a.Order != 7 || b.Order != 8 || c.Compare(a) >= 0 || b.Name() != "B, quick" || known.of("d", result.Paper).Name() != "d" {
		t.Errorf("a, b and c are %+v, %+v and %+v", a, b, c)
	}
}

// Signatures are per operation over all runs, of clients and of servers; not known if a run lacks them.
func TestSignaturesPerOperation(t *testing.T) {
	run := func(ops, made, verified int64) result.Point {
		return result.Point{LoadOps: ops, Signatures: &result.Signatures{
			Clients: result.Signed{Made: made}, Servers: result.Signed{Verified: verified},
		}}
	}
	c := count(Cell{}, []result.Point{run(10, 10, 40), run(30, 30, 140)})
	if want := (BySide{Known: true, Clients: 1}); c.Made != want {
		t.Errorf("made: %+v, want %+v", c.Made, want)
	}
	if want := (BySide{Known: true, Servers: 4.5}); c.Verified != want {
		t.Errorf("verified: %+v, want %+v", c.Verified, want)
	}
	if c := count(Cell{}, []result.Point{run(10, 10, 40), {LoadOps: 10}}); c.Made.Known || c.Verified.Known {
		t.Errorf("of a run without them: %+v and %+v are known", c.Made, c.Verified)
	}
}

// Growth is by the means of two windows of one length, and unknown when one of them has no sample.
func TestGrowth(t *testing.T) {
	at := []float64{0, 1, 2, 3, 4, 5, 6, 7, 8}
	memory := []float64{500, 1, 1, 100, 120, 900, 900, 130, 134}
	if got := growth(at, memory, 2); got != 1.2 {
		t.Errorf("growth of (130+134)/2 over (100+120)/2 is %v, want 1.2", got)
	}
	if got := growth([]float64{0, 10}, []float64{1, 2}, 2); got != 0 {
		t.Errorf("growth without a sample before the middle is %v, want 0", got)
	}
}
