package harness

import (
	"errors"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/result"
)

// What makes a point of an open loop invalid. docs/results.md explains each.
const (
	slipTolerance    = 0.10 // of the service time, in the mean and at p99
	backlogTolerance = 0.05 // of the arrivals, beside as many as there are clients
)

// openLoaded is what only an open loop comes to, of all agents together.
type openLoaded struct {
	agent.OpenReport // but for the histograms
	service, slip    *hdrhistogram.Histogram
}

// mergeOpen adds an agent's report, which is nil of a closed loop.
func (l *loaded) mergeOpen(r *agent.OpenReport) error {
	if r == nil {
		return nil
	}
	if l.open == nil {
		l.open = &openLoaded{service: newHistogram(), slip: newHistogram()}
	}
	o := l.open
	o.Arrivals += r.Arrivals
	o.BacklogBegin += r.BacklogBegin
	o.BacklogEnd += r.BacklogEnd
	o.Service.SumNs += r.Service.SumNs
	o.Slip.SumNs += r.Slip.SumNs
	return errors.Join(addHistogram(o.service, r.Service.Histogram), addHistogram(o.slip, r.Slip.Histogram))
}

// fillOpen sets what a point of an open loop has beside the others.
func fillOpen(p *result.Point, o openLoaded) (err error) {
	p.Arrivals, p.Backlog = o.Arrivals, result.Backlog{Begin: o.BacklogBegin, End: o.BacklogEnd}
	p.ServiceMs, p.SlipMs = exactLatency(o.Service.SumNs, o.service), exactLatency(o.Slip.SumNs, o.slip)
	p.ServiceHistogram, err = encodeHistogram(o.service)
	return err
}

// slips reports whether the load generator could not keep the schedule of an open loop. What it adds to the latency is
// held against the service time: beyond saturation any slip is small beside the latency.
func slips(p *result.Point) bool {
	return p.SlipMs.Mean > slipTolerance*p.ServiceMs.Mean || p.SlipMs.P99 > slipTolerance*p.ServiceMs.P99
}

// judgeOpen finds what makes a point of an open loop invalid: the load generator was late, or the system is offered more
// than it carries, so that latencies are as long as one cares to wait.
func judgeOpen(p *result.Point) {
	if !p.Open() {
		return
	}
	if slips(p) {
		slip, of := p.SlipMs, p.ServiceMs
		p.Fail(result.ScheduleSlips, "the schedule slips: the load generator began operations late by %.2f ms, "+
			"p99 %.2f ms, that took %.2f ms, p99 %.2f ms", slip.Mean, slip.P99, of.Mean, of.P99)
	}
	growth := p.Backlog.End - p.Backlog.Begin
	if float64(growth) > backlogTolerance*float64(p.Arrivals)+float64(p.Clients) {
		p.Fail(result.BeyondSaturation, "beyond saturation: %.0f/s were offered, %.0f/s completed, and the backlog "+
			"grew from %d to %d operations; latency grows with the window", p.Rate, p.ThroughputOps, p.Backlog.Begin, p.Backlog.End)
	}
}
