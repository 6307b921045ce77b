package load

import (
	"maps"
	"math"
	"slices"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/cluster"
	"github.com/powbench/powbench/harness/experiment"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/study"
)

// What makes a resource the bottleneck, and what makes a point invalid. docs/results.md explains each.
const (
	linkFull         = 0.95 // of the calibrated goodput
	cpuFull          = 0.80 // of all cores
	diskStalled      = 0.05 // of the load's time, per server
	littleTolerance  = 0.03
	mostBetween      = 0.15 // of the clients' time, which a closed loop may spend between operations
	trafficTolerance = 0.01
	foreignTolerance = 0.20 // of all cores
	// sackShare is what acknowledgements may have besides, of the data that they acknowledge: three blocks beside a timestamp, 28
	// bytes (RFC 2018), for each packet of 1448.
	sackShare        = 28.0 / 1448
	generatorShare   = 0.10 // of all cores, which the load generators may take for themselves where these are full
	boundTolerance   = 0.01 // of the network's bound, beside what operations at the window's edges may add
	drainTolerance   = 0.10 // of the window, and at least drainLeast, beside the longest latency
	drainLeast       = 0.25 // s
	slipTolerance    = 0.10 // of the service time, in the mean and at p99
	slipMeanMs       = 0.1  // that no schedule is held to, however short the service time; a timer is late by as much
	slipP99Ms        = 1.0
	backlogTolerance = 0.05 // of the arrivals, beside as many as there are clients
)

// bottleneck names what limits the point.
func bottleneck(p *result.Point, l cluster.Loaded) string {
	switch {
	case p.LinkShare >= linkFull:
		return result.OfLink
	case fullest(p).Busy >= cpuFull && fullest(p).Clients > fullest(p).Servers:
		return result.OfClientCPU
	case fullest(p).Busy >= cpuFull:
		return result.OfServerCPU
	case l.Stall.Seconds() >= diskStalled*l.Whole.Seconds()*float64(p.Servers):
		return result.OfDisk
	}
	return result.OfLatency
}

// judge decides whether the point counts. The run's processes share so many cores.
func judge(p *result.Point, l cluster.Loaded, cores int) {
	p.Validity = result.Validity{Valid: true}
	fail := func(bad bool, reason result.Reason, format string, args ...any) {
		if bad {
			p.Fail(reason, format, args...)
		}
	}
	fail(p.Errors > 0, result.FailedOperations, "%d operations failed, the first: %s", p.Errors, l.FirstError)
	fail(p.Ops == 0, result.NoOperations, "no operation ended in the window of %.1f s: raise phases.longest", p.DurationS)
	checked := p.Linearizable.Code != result.NoHistory
	fail(checked && p.Linearizable.Code != result.Linearizable, result.NotLinearizable, "history: %s", p.Linearizable.Code)
	if p.Ops > 0 {
		fail(!p.Open() && math.Abs(p.LittleRatio+p.BetweenShare-1) > littleTolerance, result.LittlesLaw,
			"Little's law is off: clients spent %.2f of their time on operations and %.2f between them", p.LittleRatio, p.BetweenShare)
		fail(p.BetweenShare > mostBetween, result.LittlesLaw,
			"clients spent %.0f %% of their time between operations: the loop is hardly closed", 100*p.BetweenShare)
		few := p.Ops < int64(experiment.EndIn(1, p.Load))
		fail(few, result.TooFewOperations, "%d operations of %d clients ended in the window of %.1f s, which takes %d for each "+
			"client: raise phases.longest, or lower clients", p.Ops, p.Clients, p.DurationS, experiment.LeastPerClient)
		fail(!few && p.Shaped && p.BoundRatio > 1+boundTolerance+edgeError(p.Clients)/float64(p.Ops), result.AboveBound,
			"throughput is %.1f %% of what the links carry: quorums ran ahead of the other servers", 100*p.BoundRatio)
		fail(ranAhead(p) && p.DrainMs-p.TailMs > 1e3*max(drainLeast, drainTolerance*p.DurationS), result.SlowDrain,
			"servers owed replies for %.1f s after the load: throughput was more than the system sustains", (p.DrainMs-p.TailMs)/1e3)
		fail(p.LatencyMs.Max >= ms(agent.Longest), result.OutOfRange, "a latency exceeds %v, which is as far as histograms reach",
			agent.Longest)
		if p.Attack == "" { // the cost model is of correct servers
			judgeBytes(p)
		}
	}
	judgeOpen(p)
	all := float64(cores) * p.DurationS // s of all cores
	if p.Probe != nil && p.Probe.Off != "" {
		p.Fail(result.DelayOff, "%s", p.Probe.Off)
	}
	full := p.Bottleneck == result.OfClientCPU || p.Bottleneck == result.OfServerCPU
	lacking := starved(p.HostCPU, p.MachineCPU)
	fail(checked && !lacking && full && p.GeneratorS > generatorShare*all, result.BusyGenerator,
		"the CPU is the bottleneck, and the load generators took %.0f %% of all cores for themselves", 100*p.GeneratorS/all)
	if lacking {
		at, cpu := "", p.HostCPU
		for _, name := range slices.Sorted(maps.Keys(p.MachineCPU)) {
			if m := p.MachineCPU[name].HostCPU; disturbed(m) {
				at, cpu = " of "+name, m
				break
			}
		}
		p.Fail(result.OtherWork, "other work took the CPU%s away: %.0f %% other machines, %.0f %% other processes", at, 100*cpu.Steal, 100*cpu.Foreign)
	}
}

// judgeBytes holds all that was counted to the cost model.
func judgeBytes(p *result.Point) {
	up, down := max(p.ModelFactor.ClientToServer, 1), max(p.ModelFactor.ServerToClient, 1)
	judgeTraffic(p, result.TransportTraffic, "transport", p.WireFactor, up, down, result.TrafficFactor{})
	if p.Shaped || p.LinkBytes != (result.Traffic{}) { // loopback counts none
		var acks result.TrafficFactor
		if p.Probe != nil || p.Retransmitted != (result.Traffic{}) {
			// Packets that are lost or overtake each other are acknowledged with options (SACK), which an interface cannot
			// tell from payload: as many as the other direction has packets.
			acks.ClientToServer = sackShare * max(p.ModelFactor.ServerToClient, p.ModelMost.ServerToClient)
			acks.ServerToClient = sackShare * max(p.ModelFactor.ClientToServer, p.ModelMost.ClientToServer)
		}
		judgeTraffic(p, result.InterfaceTraffic, "interface", p.LinkFactor(), up, down, acks)
	}
	off := trafficTolerance * max(p.ModelBetween, 1)
	if p.ModelBetween > 0 && (p.BetweenFactor < p.ModelBetweenLeast-off || p.BetweenFactor > p.ModelBetween+off) {
		p.Fail(result.PeerTraffic, "servers exchanged %.3f values per operation, the cost model says %.3f to %.3f",
			p.BetweenFactor, p.ModelBetweenLeast, p.ModelBetween)
	}
}

// ranAhead reports whether operations began however much some server owed. If all waited, then servers never owed more than
// they may, throughput is less by what they owed more at the window's end, and a slow one takes long for what it may owe.
func ranAhead(p *result.Point) bool { return p.Ignores() || p.Overtaken > 0 }

// edgeError is how many operations throughput may be off by because those at the window's edges count by their time inside,
// as if they moved their bytes evenly: two standard deviations if each moves them in one instant, clients are at independent
// places and so 1/√12 of each is uncertain at either edge; but at most a quarter of each, which is what operations that move
// their bytes in half of their time come to. docs/results.md argues for it.
func edgeError(clients int) float64 {
	c := float64(clients)
	return min(c/4, 2*math.Sqrt(c/6))
}

// starved reports whether other machines or processes took so much of the CPU that a measurement says little: of this machine, or of
// any of a cluster's.
func starved(cpu result.HostCPU, by map[string]result.MachineCPU) bool {
	for _, m := range by {
		if disturbed(m.HostCPU) {
			return true
		}
	}
	return by == nil && disturbed(cpu)
}

func disturbed(cpu result.HostCPU) bool {
	return cpu.Steal > study.StealTolerance || cpu.Foreign > foreignTolerance
}

// fullest is the machine with the busiest processors.
func fullest(p *result.Point) (top result.MachineCPU) {
	if p.MachineCPU == nil {
		return result.MachineCPU{HostCPU: p.HostCPU, CPU: p.CPUS}
	}
	for _, m := range p.MachineCPU {
		if m.Busy > top.Busy {
			top = m
		}
	}
	return top
}

// judgeTraffic compares the bytes per operation that a counter measured with the cost model, direction by direction:
// they may be off by a share of up and down, and be more where operations took more rounds than the model's, and by acks.
func judgeTraffic(p *result.Point, reason result.Reason, counter string, measured result.TrafficFactor, up, down float64,
	acks result.TrafficFactor,
) {
	more := furtherRounds(p)
	check := func(direction string, measured, model, least, most, of, acks float64) {
		repairs := more * max(model, float64(p.Servers))
		if measured < min(model, least)-trafficTolerance*of || measured > max(model, most)+trafficTolerance*of+repairs+acks {
			p.Fail(reason, "the %s counted %.3f values per operation %s, the cost model says %.3f",
				counter, measured, direction, model)
		}
	}
	check("client → server", measured.ClientToServer, p.ModelFactor.ClientToServer, p.ModelLeast.ClientToServer, p.ModelMost.ClientToServer, up, acks.ClientToServer)
	check("server → client", measured.ServerToClient, p.ModelFactor.ServerToClient, p.ModelLeast.ServerToClient, p.ModelMost.ServerToClient, down, acks.ServerToClient)
}

// furtherRounds is how many rounds, or rounds with data, an operation took beyond those of the cost model, on average:
// repairs of what a WRITE in progress, or one that died, left incomplete. Each may move a value to or from every server, or as much as the operation
// that the model knows.
func furtherRounds(p *result.Point) float64 {
	if p.LoadOps == 0 {
		return 0
	}
	sum := further(p.RoundKinds, p.ModelRounds)
	if p.Mixed() {
		sum = further(p.ReadOps.RoundKinds, p.ReadOps.ModelRounds) + further(p.WriteOps.RoundKinds, p.WriteOps.ModelRounds)
	}
	return float64(sum) / float64(p.LoadOps)
}

// further is how many rounds, or rounds with data, operations of one kind took beyond those of the model.
func further(kinds map[result.Rounds]int64, model result.Rounds) (sum int64) {
	for kind, ops := range kinds {
		sum += ops * int64(max(0, kind.Total()-model.Total(), kind.Data-model.Data))
	}
	return sum
}

// slips reports whether the load generator could not keep the schedule of an open loop. What it adds to the latency is
// held against the service time: beyond saturation any slip is small beside the latency.
func slips(p *result.Point) bool {
	return p.SlipMs.Mean > max(slipMeanMs, slipTolerance*p.ServiceMs.Mean) ||
		p.SlipMs.P99 > max(slipP99Ms, slipTolerance*p.ServiceMs.P99)
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
	if overruns(p) {
		p.Fail(result.BeyondSaturation, "beyond saturation: %.0f/s were offered, %.0f/s completed, and the backlog "+
			"grew from %d to %d operations; latency grows with the window", p.Rate, p.ThroughputOps, p.Backlog.Begin, p.Backlog.End)
	}
}

// overruns reports whether operations wait ever longer to begin, because more arrive than the system carries.
func overruns(p *result.Point) bool {
	growth := p.Backlog.End - p.Backlog.Begin
	return float64(growth) > backlogTolerance*float64(p.Arrivals)+float64(p.Clients)
}
