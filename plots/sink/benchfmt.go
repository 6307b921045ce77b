package sink

import (
	"fmt"
	"io"
	"math"
	"strings"

	"golang.org/x/perf/benchfmt"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/draw"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/stat"
	"github.com/powbench/powbench/plots/tables"
)

// Benchmarks writes the valid points behind tables of measurements in the Go benchmark format, which benchstat reads: a line
// for each repetition, with mean and 99th percentile of the latency and the throughput. What must be the same in all that is
// compared (experiment, suite, durability, processor) is configuration; the system and the load are in the name. A number of
// clients that was searched for is not, as another run chooses another one, and neither are latencies, which would then not
// compare.
func Benchmarks(w io.Writer) Sink { return benchmarks{benchfmt.NewWriter(w)} }

type benchmarks struct{ to *benchfmt.Writer }

// Figure implements Sink: benchmarks have no figures.
func (benchmarks) Figure(*draw.Page) error { return nil }

// Table implements Sink.
func (b benchmarks) Table(t tables.Table) error {
	for _, c := range t.Cells {
		for _, p := range c.Valid {
			if err := b.to.Write(benchmark(c, p)); err != nil {
				return err
			}
		}
	}
	return nil
}

// benchmark is one repetition.
func benchmark(c frame.Cell, p result.Point) *benchfmt.Result {
	b := &benchfmt.Result{Name: benchfmt.Name(benchmarkName(c)), Iters: int(p.Ops)}
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

// benchmarkName is such as MPoWerStore/op=read/t=1/value=256KiB/clients=4.
func benchmarkName(c frame.Cell) string {
	title := strings.ReplaceAll(c.System.Title, "-", "") // behind a dash, Go has the number of processors
	name := strings.ToUpper(title[:1]) + strings.ReplaceAll(title[1:], " ", "")
	if c.Variant != result.Paper {
		name += "/variant=" + c.Variant
	}
	name += fmt.Sprintf("/op=%s/t=%d/value=%s", c.Op, c.T, strings.ReplaceAll(stat.SizeName(c.ValueBytes), " ", ""))
	if frame.Searched(c.Set) {
		return name + "/clients=saturate"
	}
	name += fmt.Sprintf("/clients=%d", c.Clients)
	if frame.IsOpen(c) {
		name += fmt.Sprintf("/arrival=%s/rate=%g", c.Arrival, c.Rate)
	}
	return name
}
