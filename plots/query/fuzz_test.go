package query

import (
	"math"
	"testing"

	"github.com/powbench/powbench/harness/sweep"
)

// Whatever is asked, it is refused or has an answer within its interval. What is wrong without results is wrong with them, so that a
// book of claims can be checked before anything is measured.
func FuzzExpressions(f *testing.F) {
	for _, text := range []string{
		mine, mine + " / " + theirs + " >= 1.5", "high(" + mine + ") < 2 * low(" + theirs + ")", `1 / 0`, `printed("1e999")`,
		`of("simulation", "schedules")`, `most("point", ["ops", "throughput_MBps"], {figure: ["2b"]})`, `least("trial", "stale")`,
		`of("point", "latency_ms.p99", {figure: "2b", protocol: "mabd", op: "read", clients: 4})`, `x + 1..9`, `-peak`, `[1][0]`,
		`{a: 1}.a`, `x ? 1 : 2`, `map(1..1000000, # * 2)`, `not (1 < 2)`, `"a" matches "(a*)*b"`, `((((((1))))))`,
	} {
		f.Add(text)
	}
	all := results(f, measured(map[string][]float64{"mpowerstore": {50, 60}, "mabd": {25, 40, 0}}))
	sweep.Fuzz(f, func(t testing.TB, text string) {
		vars := map[string]any{"x": 2, "protocol": "mabd"}
		_, wrong := new(Results).Evaluate(text, vars)
		q, err := all.Evaluate(text, vars)
		if wrong != nil && err == nil {
			t.Errorf("%q is refused only as long as nothing is measured: %v", text, wrong)
		}
		if i := q.Interval(); err == nil && (i.String() == "" || i.Low > i.Value || i.Value > i.High) && !math.IsNaN(i.Value) {
			t.Errorf("%q has the interval %+v", text, i)
		}
		_, wrong = new(Results).Compare(text, vars)
		_, err = all.Compare(text, vars)
		if wrong != nil && err == nil {
			t.Errorf("%q is refused only as long as nothing is measured: %v", text, wrong)
		}
	})
}
