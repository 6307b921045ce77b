package sink

import (
	"fmt"
	"io"
	"math"
	"strings"

	"golang.org/x/perf/benchfmt"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/look"
	"github.com/powbench/powbench/plots/stat"
)

// Export writes the set's valid points in the Go benchmark format, which benchstat reads: a line for each repetition, with
// mean and 99th percentile of the latency and the throughput. What must be the same in all that is compared (experiment,
// suite, durability, processor) is configuration; the system and the load are in the name. A number of clients that was
// searched for is not, as another run chooses another one, and neither are latencies, which would then not compare. Export
// refuses what Cells refuses, and a set without points.
func Export(w io.Writer, s *result.Set) error {
	cells, err := frame.PointsOf(s)
	if err != nil {
		return err
	}
	lines := benchfmt.NewWriter(w)
	for _, c := range cells {
		for _, p := range c.Valid {
			if err := lines.Write(benchmark(c, p)); err != nil {
				return err
			}
		}
	}
	return nil
}

// benchmark is one repetition.
func benchmark(c frame.Cell, p result.Point) *benchfmt.Result {
	b := &benchfmt.Result{Name: benchfmt.Name(BenchmarkName(c)), Iters: int(p.Ops)}
	for _, config := range [][2]string{
		{"experiment", p.Experiment},
		{"cpu", c.Set.Manifest.Machine.CPU},
		{"suite", p.Suite},
		{"durability", p.Durability},
	} {
		if config[1] != "" {
			b.Config = append(b.Config, benchfmt.Config{Key: config[0], Value: []byte(config[1]), File: true})
		}
	}
	if !frame.Searched(c.Set) {
		b.Values = append(b.Values, benchfmt.Value{Value: math.Round(p.LatencyMs.Mean * 1e6), Unit: "ns/op"},
			benchfmt.Value{Value: math.Round(p.LatencyMs.P99 * 1e6), Unit: "p99-ns/op"})
	}
	b.Values = append(b.Values, benchfmt.Value{Value: p.ThroughputMBps, Unit: "MB/s"})
	return b
}

// BenchmarkName is such as MPoWerStore/op=read/t=1/value=256KiB/clients=4.
func BenchmarkName(c frame.Cell) string {
	system := strings.ReplaceAll(look.Name(c.Protocol), "-", "") // behind a dash, Go has the number of processors
	name := strings.ToUpper(system[:1]) + strings.ReplaceAll(system[1:], " ", "")
	if c.Variant != result.Paper {
		name += "/variant=" + c.Variant
	}
	name += fmt.Sprintf("/op=%s/t=%d/value=%s", c.Op, c.T, strings.ReplaceAll(stat.SizeName(c.ValueBytes), " ", ""))
	if frame.Searched(c.Set) {
		return name + "/clients=saturate"
	}
	name += fmt.Sprintf("/clients=%d", c.Clients)
	if c.Open() {
		name += fmt.Sprintf("/arrival=%s/rate=%g", c.Arrival, c.Rate)
	}
	return name
}
