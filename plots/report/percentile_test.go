package report

import (
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
)

// A percentile that too few operations support is a dash that says how many it takes.
func TestPercentilesThatAreSupported(t *testing.T) {
	if got, want := percentile(12.5, 0.99, 221), "– (221 of 662 operations that it takes)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := percentile(12.5, 0.99, 662); got != "12.5" {
		t.Errorf("%q, want 12.5", got)
	}
	l := result.Latency{Mean: 1, P50: 2, P90: 3, P99: 4, P999: 5, Max: 6}
	got := percentiles(l, 70)
	for _, want := range []string{"p50 2", "p90 3", "p99 – (70 of 662", "p99.9 – (70 of 6636", "max 6"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
	if got := percentiles(result.Latency{}, 0); got != "" {
		t.Errorf("of no operations: %q", got)
	}
}
