package harness

import (
	"fmt"
	"math"
	"runtime"
	"strings"

	"github.com/powbench/powbench/harness/result"
)

// What makes a resource the bottleneck, and what makes a point invalid. docs/results.md explains each.
const (
	linkFull         = 0.95 // of the calibrated goodput
	cpuFull          = 0.80 // of all cores
	diskStalled      = 0.05 // of the load's time, per server
	littleTolerance  = 0.05
	trafficTolerance = 0.03
	stealTolerance   = 0.10 // of all cores
	foreignTolerance = 0.20 // of all cores
)

// bottleneck names what limits the point: "link", "cpu", "disk", or "latency" if nothing is full and only more
// clients would give more throughput.
func bottleneck(p *result.Point, l loaded) string {
	switch {
	case p.LinkShare >= linkFull:
		return "link"
	case p.HostCPU.Busy >= cpuFull:
		return "cpu"
	case l.stall.Seconds() >= diskStalled*l.whole.seconds()*float64(p.Servers):
		return "disk"
	}
	return "latency"
}

// invalidReason says why a point must not be used; it is empty if the point is valid.
func invalidReason(p *result.Point, l loaded) string {
	var reasons []string
	fail := func(bad bool, format string, args ...any) {
		if bad {
			reasons = append(reasons, fmt.Sprintf(format, args...))
		}
	}
	fail(p.Errors > 0, "%d operations failed, the first: %s", p.Errors, l.Error)
	fail(p.Ops == 0, "no operation ended in the window")
	fail(p.Linearizable.Verdict != "ok", "history: %s", p.Linearizable.Verdict)
	if p.Ops > 0 {
		// At each edge of the window, every client has an operation that falls into it in part.
		edges := float64(p.Clients) / float64(p.Ops)
		fail(!p.Open() && math.Abs(p.LittleRatio-1) > littleTolerance+edges,
			"Little's law is off: throughput × latency = %.2f × clients", p.LittleRatio)
		up, down := max(p.CostFactor.ClientToServer, 1), max(p.CostFactor.ServerToClient, 1)
		reasons = append(reasons, trafficReasons("transport", p.WireFactor, p.CostFactor, up, down)...)
		if p.Shaped {
			if p.Probe != nil {
				// Packets that overtake each other are acknowledged with options (SACK), which an interface cannot tell from
				// payload: they grow with the data of the other direction.
				up, down = max(up, down), max(up, down)
			}
			reasons = append(reasons, trafficReasons("interface", perOperation(p.LinkBytes, p), p.CostFactor, up, down)...)
		}
	}
	reasons = append(reasons, openReasons(p)...)
	cores := float64(runtime.NumCPU()) * p.DurationS
	if drifted(p) {
		reasons = append(reasons, p.Probe.Off)
	}
	fail(!starved(p.HostCPU) && p.Bottleneck == "cpu" && p.CPUS.Clients > p.CPUS.Servers,
		"the load generators' CPU is the bottleneck: %.0f %% of all cores", 100*p.CPUS.Clients/cores)
	fail(starved(p.HostCPU), "other work took the CPU away: %.0f %% other machines, %.0f %% other processes",
		100*p.HostCPU.Steal, 100*p.HostCPU.Foreign)
	return strings.Join(reasons, "; ")
}

// disturbed reports whether what else runs on the machine spoilt a measurement, so that it is worth another attempt. A
// load generator that is late is taken for a sign of it.
func disturbed(p *result.Point) bool { return starved(p.HostCPU) || drifted(p) || slips(p) }

// drifted reports whether NetEm failed to keep its time.
func drifted(p *result.Point) bool { return p.Probe != nil && p.Probe.Off != "" }

// starved reports whether other machines or processes took so much of the CPU that a measurement says little.
func starved(cpu result.HostCPU) bool {
	return cpu.Steal > stealTolerance || cpu.Foreign > foreignTolerance
}

// trafficReasons compares the bytes per operation with the cost model, direction by direction: they may be off by a
// share of up and down.
func trafficReasons(counter string, measured, model result.TrafficFactor, up, down float64) (reasons []string) {
	check := func(direction string, measured, model, of float64) {
		if math.Abs(measured-model) > trafficTolerance*of {
			reasons = append(reasons, fmt.Sprintf("the %s counted %.3f values per operation %s, the cost model says %.3f",
				counter, measured, direction, model))
		}
	}
	check("client → server", measured.ClientToServer, model.ClientToServer, up)
	check("server → client", measured.ServerToClient, model.ServerToClient, down)
	return reasons
}
