package tables

import (
	"reflect"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
)

// The ratio is of the same runs; a load that recorded everything has no row.
func TestRecorderTable(t *testing.T) {
	point := func(protocol, record string, repetition int, r result.Recording) result.Point {
		p := result.Point{
			Figure: frame.Recorder, ThroughputOps: 1, ThroughputMBps: 1, LatencyMs: result.Latency{Mean: 1}, Repetition: repetition,
			Validity: result.Validity{Valid: true}, Recording: r,
		}
		p.Protocol, p.Variant, p.Suite, p.Durability, p.Op = protocol, result.Paper, result.Modern, result.NoDisk, result.OpRead
		p.T, p.ValueBytes, p.Clients, p.Record = 1, 4096, 8, record
		return p
	}
	set := &result.Set{Dir: "recorder", Points: []result.Point{
		point("mabd", result.Alternating, 1, result.Recording{Everything: 990, Nothing: 1000}),
		point("mabd", result.Alternating, 2, result.Recording{Everything: 1980, Nothing: 2000}),
		point("phalanx", "", 1, result.Recording{}),
	}}
	cells, err := frame.Cells([]*result.Set{set})
	if err != nil {
		t.Fatal(err)
	}
	table := recorderTable(cells)
	if len(table.Rows) != 1 {
		t.Fatalf("rows %q", table.Rows)
	}
	if got, want := table.Rows[0][2:5], []string{"4 KiB", "memory", "8"}; !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := table.Rows[0][len(table.Rows[0])-1]; got[:5] != "0.990" {
		t.Errorf("ratio %q, want 0.990", got)
	}
}
