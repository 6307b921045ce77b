package tables

import (
	"reflect"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/stat"
)

// TestOwedTable reads a load that ran ahead of its servers: its numbers are shown, though it is invalid.
func TestOwedTable(t *testing.T) {
	point := func(owed string, slow result.Rate, mbps, drain float64) result.Point {
		p := result.Point{
			Figure: frame.Owed, ThroughputMBps: mbps, ThroughputOps: 1, BoundRatio: mbps / 40, LoadOps: 10, Overtaken: 5,
			LatencyMs: result.Latency{Mean: 3}, DrainMs: drain, Repetition: 1,
		}
		p.Protocol, p.Variant, p.Suite, p.Durability, p.Op = "mabd", result.Paper, result.Paper, result.UsualDurability, result.OpRead
		p.T, p.ValueBytes, p.Clients, p.Owed, p.SlowServer = 1, 1024, 8, owed, slow
		if p.Valid = drain < 1000; !p.Valid {
			p.Fail(result.SlowDrain, "servers owed replies")
		}
		return p
	}
	set := &result.Set{Dir: "owed", Points: []result.Point{
		point("", 0, 39, 10), point(result.Ignored, 25*result.Mbit, 50, 9000), point("", 25*result.Mbit, 8, 10),
	}}
	cells, err := frame.Cells([]*result.Set{set})
	if err != nil {
		t.Fatal(err)
	}
	table := owedTable(cells)
	var got [][]string
	for _, row := range table.Rows {
		got = append(got, row[5:9])
	}
	want := [][]string{{"–", "waited", "1/1", "39.0"}, {"25Mbit", "waited", "1/1", "8.00"}, {"25Mbit", "ignored", "0/1", "50.0"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("rows %q, want %q", got, want)
	}
	if last := table.Notes[len(table.Notes)-1]; last != "Left out 1 run: servers owed replies." {
		t.Errorf("the last note is %q", last)
	}
}

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
