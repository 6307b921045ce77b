package harness

import (
	"strings"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/result"
)

// timing is what an agent reports of times in ns.
func timing(t *testing.T, ns ...int64) agent.Timing {
	t.Helper()
	h := newHistogram()
	sum := int64(0)
	for _, x := range ns {
		_ = h.RecordValue(x)
		sum += x
	}
	text, err := encodeHistogram(h)
	if err != nil {
		t.Fatal(err)
	}
	return agent.Timing{SumNs: sum, Histogram: text}
}

// The agents' reports of an open loop add up, and become the point's numbers; Little's law has nothing to say of them.
func TestFillOpen(t *testing.T) {
	l := ofLoad()
	first := agent.OpenReport{
		Arrivals: 400, BacklogBegin: 1, BacklogEnd: 4, Service: timing(t, 2e6, 4e6), Slip: timing(t, 1e4, 1e4),
	}
	second := agent.OpenReport{Arrivals: 300, BacklogEnd: 2, Service: timing(t, 6e6), Slip: timing(t, 7e4)}
	for _, r := range []*agent.OpenReport{&first, &second, nil} {
		if err := l.mergeOpen(r); err != nil {
			t.Fatal(err)
		}
	}
	p := &result.Point{
		Series: result.Series{Protocol: "mpowerstore", Variant: "paper", Op: "read", T: 1, ValueBytes: 100_000},
		Load:   result.Load{Clients: 1, Arrival: result.Poisson, Rate: 500}, Shaped: true, Linearizable: result.Verdict{Code: result.Linearizable},
	}
	r := newRunner(t, "experiment: x", 1, 3, 1e9)
	r.manifest.Testbed.Before = []result.Link{{UpMbps: 941, DownMbps: 941}}
	if err := r.fill(p, l); err != nil {
		t.Fatal(err)
	}
	if p.Arrivals != 700 || p.Backlog != (result.Backlog{Begin: 1, End: 6}) {
		t.Errorf("%d arrivals, backlog %+v", p.Arrivals, p.Backlog)
	}
	for name, c := range map[string]struct{ got, want float64 }{
		"mean latency": {p.LatencyMs.Mean, 8}, "mean service": {p.ServiceMs.Mean, 4}, "longest": {p.ServiceMs.Max, 6},
		"mean slip": {p.SlipMs.Mean, 0.03}, "p99 of the slip": {p.SlipMs.P99, 0.07}, "little": {p.LittleRatio, 0},
		"predicted": {p.Predicted.High, 0},
	} {
		if !near(c.got, c.want, c.want/400) {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
	if h, err := hdrhistogram.Decode([]byte(p.ServiceHistogram)); err != nil || h.TotalCount() != 3 {
		t.Errorf("histogram of service times: %v", err)
	}
	if !p.Valid {
		t.Errorf("invalid: %s", p.InvalidReason)
	}
	first.Slip.Histogram = "?"
	if err := l.mergeOpen(&first); err == nil {
		t.Error("a broken histogram was accepted")
	}
}

// Both rules at both sides of their boundaries, for 1000 arrivals and 10 clients.
func TestOpenReasons(t *testing.T) {
	type point = result.Point
	for name, c := range map[string]struct {
		change func(p *point)
		want   string // of the reason; empty if the point is valid
	}{
		"nothing":              {func(*point) {}, ""},
		"no clients' law":      {func(p *point) { p.LittleRatio = 0.3 }, ""},
		"some slip":            {func(p *point) { p.SlipMs.Mean = 0.999 }, ""},
		"much slip":            {func(p *point) { p.SlipMs.Mean = 1.001 }, "late by 1.00 ms, p99 0.00 ms, that took 10.00 ms"},
		"some late operations": {func(p *point) { p.SlipMs.P99 = 1.999 }, ""},
		"late operations":      {func(p *point) { p.SlipMs.P99 = 2.001 }, "p99 2.00 ms, that took 10.00 ms, p99 20.00 ms"},
		"the backlog grows":    {func(p *point) { p.Backlog = result.Backlog{Begin: 5, End: 65} }, ""},
		"too much":             {func(p *point) { p.Backlog = result.Backlog{Begin: 5, End: 66} }, "the backlog grew from 5 to 66"},
		"overload": {
			func(p *point) { p.Backlog.End = 900 }, "beyond saturation: 500/s were offered, 312/s completed",
		},
		"a closed loop": {func(p *point) { p.Arrival, p.LittleRatio, p.Backlog.End = result.Closed, 1, 900 }, ""},
	} {
		p := validPoint()
		p.Load, p.Arrivals, p.ThroughputOps = result.Load{Clients: 10, Arrival: result.Fixed, Rate: 500}, 1000, 312
		p.ServiceMs.Mean, p.ServiceMs.P99 = 10, 20
		c.change(p)
		if judge(p, loaded{}); p.Valid != (c.want == "") || !strings.Contains(p.InvalidReason, c.want) {
			t.Errorf("%s: %q, want %q", name, p.InvalidReason, c.want)
		}
		if late := strings.Contains(c.want, "late by") || strings.Contains(c.want, "that took"); p.Disturbed() != late {
			t.Errorf("%s: worth another attempt: %v", name, !late)
		}
	}
}
