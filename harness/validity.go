package harness

import (
	"math"
	"runtime"

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

// bottleneck names what limits the point.
func bottleneck(p *result.Point, l loaded) string {
	switch {
	case p.LinkShare >= linkFull:
		return result.OfLink
	case p.HostCPU.Busy >= cpuFull:
		return result.OfCPU
	case l.stall.Seconds() >= diskStalled*l.whole.seconds()*float64(p.Servers):
		return result.OfDisk
	}
	return result.OfLatency
}

// judge decides whether the point counts.
func judge(p *result.Point, l loaded) {
	p.Validity = result.Validity{Valid: true}
	fail := func(bad bool, reason result.Reason, format string, args ...any) {
		if bad {
			p.Fail(reason, format, args...)
		}
	}
	fail(p.Errors > 0, result.FailedOperations, "%d operations failed, the first: %s", p.Errors, l.Error)
	fail(p.Ops == 0, result.NoOperations, "no operation ended in the window")
	fail(p.Linearizable.Code != result.Linearizable, result.NotLinearizable, "history: %s", p.Linearizable.Code)
	if p.Ops > 0 {
		// At each edge of the window, every client has an operation that falls into it in part.
		edges := float64(p.Clients) / float64(p.Ops)
		fail(!p.Open() && math.Abs(p.LittleRatio-1) > littleTolerance+edges, result.LittlesLaw,
			"Little's law is off: throughput × latency = %.2f × clients", p.LittleRatio)
		up, down := max(p.CostFactor.ClientToServer, 1), max(p.CostFactor.ServerToClient, 1)
		judgeTraffic(p, result.TransportTraffic, "transport", p.WireFactor, up, down)
		if p.Shaped {
			if p.Probe != nil {
				// Packets that overtake each other are acknowledged with options (SACK), which an interface cannot tell from
				// payload: they grow with the data of the other direction.
				up, down = max(up, down), max(up, down)
			}
			judgeTraffic(p, result.InterfaceTraffic, "interface", perOperation(p.LinkBytes, p), up, down)
		}
	}
	judgeOpen(p)
	cores := float64(runtime.NumCPU()) * p.DurationS
	if p.Probe != nil && p.Probe.Off != "" {
		p.Fail(result.DelayOff, "%s", p.Probe.Off)
	}
	fail(!starved(p.HostCPU) && p.Bottleneck == result.OfCPU && p.CPUS.Clients > p.CPUS.Servers, result.BusyGenerator,
		"the load generators' CPU is the bottleneck: %.0f %% of all cores", 100*p.CPUS.Clients/cores)
	fail(starved(p.HostCPU), result.OtherWork, "other work took the CPU away: %.0f %% other machines, %.0f %% other processes",
		100*p.HostCPU.Steal, 100*p.HostCPU.Foreign)
}

// starved reports whether other machines or processes took so much of the CPU that a measurement says little.
func starved(cpu result.HostCPU) bool {
	return cpu.Steal > stealTolerance || cpu.Foreign > foreignTolerance
}

// judgeTraffic compares the bytes per operation that a counter measured with the cost model, direction by direction:
// they may be off by a share of up and down.
func judgeTraffic(p *result.Point, reason result.Reason, counter string, measured result.TrafficFactor, up, down float64) {
	check := func(direction string, measured, model, of float64) {
		if math.Abs(measured-model) > trafficTolerance*of {
			p.Fail(reason, "the %s counted %.3f values per operation %s, the cost model says %.3f",
				counter, measured, direction, model)
		}
	}
	check("client → server", measured.ClientToServer, p.CostFactor.ClientToServer, up)
	check("server → client", measured.ServerToClient, p.CostFactor.ServerToClient, down)
}
