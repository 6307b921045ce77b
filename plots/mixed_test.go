package plots

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/figures"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/sink"
)

// mixed is a run of loads of one kind and of mixes, whose WRITEs take three times as long as READs.
func mixed() *result.Set {
	s := syntheticFigure(frame.Mix, 2)
	for _, p := range slices.Clone(s.Points) {
		if p.Op != result.OpRead {
			continue
		}
		for _, op := range []string{"50% read", "95% read"} {
			p.Op = op
			kind := func(share, slower float64) *result.KindOf {
				l := p.LatencyMs
				l.Mean, l.P99 = l.Mean*slower, l.P99*slower
				return &result.KindOf{Ops: int64(2 * share * float64(p.Ops)), LatencyMs: l, ThroughputOps: share * p.ThroughputOps}
			}
			p.ReadOps, p.WriteOps = kind(p.ReadShare(), 1), kind(1-p.ReadShare(), 3)
			s.Points = append(s.Points, p)
		}
	}
	return s
}

func TestMixedFigure(t *testing.T) {
	svg := render(t, mixed())
	says(t, "the figure", svg, "Share of READs (%)", "WRITEs (ms)", "Mean latencies at the peak.")
	says(t, "the summary", textOf(summary(t, mixed())), "95 % READ", "50 % READ")
}

// Mixes are conditions like any other, and a kind's percentile takes enough operations of that kind.
func TestNumbersOfOneKind(t *testing.T) {
	s := mixed()
	choice := figures.Choice{Name: "free", X: "clients", Y: "writes.latency_ms.p99", Select: []string{"op=50% read"}}
	p, err := figures.Free([]*result.Set{s}, choice)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Rows[0][0].Y.Label.Text; got != "p99 latency (ms), WRITEs" {
		t.Errorf("the axis says %q", got)
	}
	for i := range s.Points {
		if s.Points[i].WriteOps != nil {
			s.Points[i].WriteOps.Ops = 100
		}
	}
	if _, err := figures.Free([]*result.Set{s}, choice); err == nil || !strings.Contains(err.Error(), "too few operations") {
		t.Errorf("a percentile of 100 WRITEs: %v", err)
	}
	var out bytes.Buffer
	if err := ExportPoints(sink.CSV(&out), s); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	names := strings.Split(lines[0], ",")
	reads, writes := slices.Index(names, "reads_latency_ms_p99"), slices.Index(names, "writes_latency_ms_p99")
	for _, line := range lines[1 : len(lines)-1] {
		if cells := strings.Split(line, ","); (cells[reads] != "") != strings.Contains(line, "% read") || cells[writes] != "" {
			t.Errorf("p99 of READs %q, of WRITEs %q in %s", cells[reads], cells[writes], line)
		}
	}
}
