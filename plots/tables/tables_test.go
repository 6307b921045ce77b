package tables

import (
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/stat"
)

func TestAgainstModel(t *testing.T) {
	for _, c := range []struct {
		mean, low, high float64
		clients         int
		want            string
	}{
		{100, 100, 110, 1, "inside"},
		{110, 100, 110, 1, "inside"},
		{114.4, 100, 110, 1, "above by 4 %"},
		{97, 100, 110, 1, "below by 3 %"},
		{110.2, 100, 110, 1, "above by less than 1 %"},
		{105, 100, 110, 2, stat.Missing},
		{105, 0, 0, 1, stat.Missing},
	} {
		p := result.Point{LatencyMs: result.Latency{Mean: c.mean}, Predicted: result.Interval{Low: c.low, High: c.high}}
		cell := frame.Cell{Key: frame.Key{Load: result.Load{Clients: c.clients}}, Runs: frame.Runs[result.Point]{Valid: []result.Point{p}}}
		if got := againstModel(cell); got != c.want {
			t.Errorf("%v ms of %d clients against %v to %v is %q, want %q", c.mean, c.clients, c.low, c.high, got, c.want)
		}
	}
	if got := againstModel(frame.Cell{Key: frame.Key{Load: result.Load{Clients: 1}}}); got != stat.Missing {
		t.Errorf("without a valid repetition it is %q, want %q", got, stat.Missing)
	}
}
