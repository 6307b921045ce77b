package query

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
)

// A ratio is what the table of ratios says, and a mean what all tables say.
func TestSameStatisticsAsTables(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		throughputs := rapid.SliceOfN(rapid.Float64Range(1, 100), 5, 5)
		sets := measured(map[string][]float64{"mpowerstore": throughputs.Draw(rt, "a"), "mabd": throughputs.Draw(rt, "b")})
		r := results(t, sets)
		cells, err := frame.Cells([]*result.Set{sets})
		if err != nil {
			rt.Fatal(err)
		}
		want := frame.Ratios(cells)[0]
		if got := quantity(t, r, mine+"/"+theirs).Interval(); got.N != 5 || !near(got.Value, want.Value) ||
			!near(got.Low, want.Low) || !near(got.High, want.High) || got.String() != want.Format(2) {
			rt.Fatalf("%+v, the table says %+v", got, want)
		}
		mean := want.Over.Throughput()
		if got := quantity(t, r, mine).Interval(); got.String() != mean.String() || !near(got.Half(), mean.Half) {
			rt.Fatalf("%v, the table says %v", got, mean)
		}
	})
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(b)) }

func TestArithmetic(t *testing.T) {
	r := results(t, measured(map[string][]float64{"mpowerstore": {50, 60, 0}, "mabd": {25, 0, 40}}))
	for expression, want := range map[string]struct {
		n     int
		value float64
	}{
		mine:                      {2, 55},
		mine + " * 2 + 1":         {2, 111},
		"1 - " + mine:             {2, -54},
		"2 * " + mine:             {2, 110},
		"3000 / " + mine:          {2, math.Sqrt(60 * 50)},
		mine + "/" + theirs:       {1, 2}, // they share a repetition
		mine + "-" + theirs:       {1, 25},
		"(" + mine + "/50-1)*100": {2, 10},
		`1.5 + 1`:                 {0, 2.5},
		`printed("1.5")`:          {0, 1.45},
		`printed("50")`:           {0, 49.5},
		`most("point", ["ops", "throughput_MBps"], {figure: "2b"})`:                         {0, 60},
		`least("point", ["ops", "throughput_MBps"], {figure: ["2b"]})`:                      {0, 0},
		`most("point", "wire_deviation", {figure: "2b"}) * 100`:                             {0, 1},
		`most("point", "rounds", {figure: "2b", protocol: "mabd", op: "read", clients: 4})`: {0, 2},
		`most("history", "unverified", {figure: "2b"})`:                                     {0, 0},
	} {
		if got := quantity(t, r, expression).Interval(); got.N != want.n || !near(got.Value, want.value) {
			t.Errorf("%s = %+v, want %+v", expression, got, want)
		}
	}
}

// What is missing is named, whatever is done with it.
func TestMissing(t *testing.T) {
	r := results(t, measured(map[string][]float64{"mpowerstore": {50, 0}, "mabd": {0, 30}}))
	for expression, want := range map[string]string{
		`peak("2b", "phalanx", "read")`:                                "2b/phalanx/read/t1/256KiB/paper/write",
		`2 * peak("2b", "mabd", "write", {t: 2, KiB: 64}) + ` + mine:   "2b/mabd/write/t2/64KiB/paper/write",
		`peak("2b", "mpowerstore+hedged", "read") / ` + mine:           "2b/mpowerstore+hedged/read/t1/256KiB/paper/write",
		`latency("2b", "mabd", "read", {clients: 9, suite: "modern"})`: "2b/mabd/read/t1/256KiB/c9/modern/write",
		mine + "/" + theirs: "a repetition in which",
		`of("point", "probe.ks", {figure: "2b", protocol: "mabd", op: "read"})`:      "probe.ks of 2b/mabd/read",
		`most("link", "up_mbps", {figure: "2c"})`:                                    "up_mbps of link/2c",
		`of("trial", "harms", {protocol: "mabd", attack: "B2"})`:                     "attack/mabd/B2",
		`of("cost", "verify.us", {scheme: "ed25519", t: 3})`:                         "costs/ed25519/t3",
		`most("cost", "verify.multiplications", {scheme: "polynomial-naive", t: 3})`: "verify.multiplications of costs/polynomial-naive/t3",
		`of("simulation", "schedules")`:                                              "simulation",
		`of("simulation", "harms.stale read", {protocol: "mabd", attack: "B2"})`:     "simulation/mabd/B2",
		mine + ` / most("point", "ops", {figure: "2b"})`:                             "is 0",
	} {
		q := quantity(t, r, expression)
		if q.Known() || !strings.Contains(list(q.Missing), want) {
			t.Errorf("%s: missing %q, want %q", expression, q.Missing, want)
		}
	}
}

// What an expression may not ask for is an error that says what it may, with results and without.
func TestWrongExpressions(t *testing.T) {
	for expression, want := range map[string]string{
		`peak("2x", "mabd", "read")`:                                              `unknown figure "2x": it is 2a`,
		`peak("2b", "mbad", "read")`:                                              `unknown protocol "mbad": it is mpowerstore, mabd`,
		`peak("2b", "mabd", "scan")`:                                              `unknown operation "scan": it is read, write`,
		`peak("2b", "mabd", "read", {T: 1})`:                                      `unknown option "T": it is KiB, attack, auth, clients`,
		`peak("2b", "mabd", "read", {t: "1"})`:                                    "option t cannot be 1",
		`peak("2b", "mabd", "read", {t: 0})`:                                      "option t cannot be 0",
		`of("point", "latency_ms", {figure: "2b", protocol: "mabd", op: "read"})`: `unknown field "latency_ms": it is ahead_bytes, allocated_bytes.clients, allocated_bytes.servers, arrivals`,
		`least("link", "up", {figure: "2b"})`:                                     `unknown field "up": it is attempts`,
		`peek("2b", "mabd", "read")`:                                              "known here: peak(FIGURE, PROTOCOL",
		`peak("2b", "mabd")`:                                                      "not enough arguments",
		`peak("2b", other, "read")`:                                               "unknown name other",
		`peak("2b", "mabd", "read") > 1`:                                          "is not a quantity",
		`"2b"`:                                                                    "is not a quantity",
		`of("trial", "harms", {protocol: "nobody", attack: "B2"})`:                `unknown protocol "nobody"`,
		`of("cost", "verify.us", {scheme: "md5", t: 1})`:                          `unknown scheme "md5": it is hash-sha1`,
		`of("cost", "sign.us", {scheme: "ed25519", t: 1})`:                        `unknown field "sign.us": it is attempt, construct.allocs`,
		`of("simulation", "seconds")`:                                             `unknown field "seconds": it is harmless`,
		`of("points", "ops")`:                                                     `unknown kind "points": it is cost, delay`,
		`of("point", "ops", {figure: "2b"})`:                                      "needs figure, protocol, op",
		`of("link", "up_mbps", {figure: "2b"})`:                                   "use most or least",
		`of("trial", "harms", {protocol: ["mabd", "phalanx"], attack: "B2"})`:     "use most or least",
		`printed("many")`:                                                         "not a number",
		`peak("2b", "mabd", "read") + `:                                           "unexpected token",
	} {
		for _, r := range []*Results{{}, results(t, measured(map[string][]float64{"mabd": {1, 2}}))} {
			if _, err := r.Evaluate(expression, nil); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v, want %q in it", expression, err, want)
			}
		}
	}
}
