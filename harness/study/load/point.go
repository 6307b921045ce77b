package load

import (
	"errors"
	"strconv"
	"time"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/cluster"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/testbed"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/catalog"
)

// fill turns what a load came to into the point's numbers and judges them.
func (r *runner) fill(p *result.Point, l cluster.Loaded, met meetings) error {
	protocol, err := catalog.ByName(p.FullName())
	if err != nil {
		return err
	}
	p.Servers = protocol.Traits(p.T).Servers
	p.DurationS = l.Seconds
	p.Ops, p.LoadOps, p.Errors = inWindow(p, l), l.Tally.Ops(), l.Errors()
	p.ThroughputOps, p.AheadBytes = l.Throughput(), l.Ahead
	mean := met.mean(p, l)
	if p.ThroughputMBps = p.ThroughputOps * mean / 1e6; p.Sizes.Asked() {
		p.MeanBytes = mean
	}
	if p.Alternates() {
		p.Recording = recording(l)
	}
	p.Rounds = make(map[string]int64)
	for rounds, n := range l.Rounds {
		p.Rounds[strconv.Itoa(rounds)] = n
	}
	if err := fillLatency(p, l); err != nil {
		return err
	}
	if err := fillKinds(p, l, met); err != nil {
		return err
	}
	if l.Open != nil {
		if err := fillOpen(p, *l.Open); err != nil {
			return err
		}
	}
	if p.PebbleAlone() {
		p.Ops = p.LoadOps // the latencies are those at every server
	} else if err := r.fillNetwork(p, protocol, l, met); err != nil {
		return err
	}
	p.CPUS, p.HostCPU, p.MachineCPU, p.Allocated = l.Window.CPU(), l.Window.HostCPU(), l.Window.MachineCPU(), l.Window.Allocated()
	p.GeneratorS = l.Gauged.Each() * l.Work() / 1e9
	if r.bench.Manifest.Testbed.Guest != "" {
		p.HostCPU.Foreign = 0 // all that runs in the guest is ours; what disturbs the guest itself shows in its delays
	}
	p.WriteAmplification = l.Amplification
	p.Bottleneck = bottleneck(p, l)
	judge(p, l, r.bench.Manifest.Cores())
	return nil
}

// fillNetwork sets what the point has of the network: what the load moved, what it should have by the cost model, and what links
// allow.
func (r *runner) fillNetwork(p *result.Point, protocol protocols.Protocol, l cluster.Loaded, met meetings) error {
	if err := r.fillModel(p, protocol, met); err != nil {
		return err
	}
	r.fillTraffic(p, l)
	_, machines := r.bench.Testbed.(testbed.Machines)
	bound := 0.
	switch {
	case r.shaped():
		bound = r.bound(p.ModelFactor, p.ModelBetweenLeast, p.Servers)
		p.LinkShare = r.linkShare(l.Window, p.Servers)
	case machines:
		bound = r.measuredBound(p.ModelFactor, p.ModelBetweenLeast, p.Servers)
	}
	if bound > 0 && p.Attack == "" { // the cost model is of correct servers
		p.BoundMBps = bound * met.mean(p, l) / float64(p.ValueBytes)
		p.BoundRatio = p.ThroughputMBps / p.BoundMBps
	}
	return nil
}

// recording is the rates of the operations that began while clients recorded everything, and nothing.
func recording(l cluster.Loaded) result.Recording {
	recorded, unrecorded := agent.Alternation(time.Duration(l.Seconds * float64(time.Second)))
	rate := func(ops int64, in time.Duration) float64 { return float64(ops) / in.Seconds() }
	return result.Recording{Everything: rate(l.Recorded, recorded), Nothing: rate(l.Unrecorded, unrecorded)}
}

// fillOpen sets what a point of an open loop has beside the others.
func fillOpen(p *result.Point, o agent.Open) (err error) {
	p.Arrivals, p.Backlog, p.ServiceMs, p.SlipMs = o.Arrivals, o.Backlog, o.Service.Latency(), o.Slip.Latency()
	p.ServiceHistogram, err = o.Service.Encode()
	return err
}

// inWindow is the operations that ended in the window. Those that were not recorded have rounds and no latencies.
func inWindow(p *result.Point, l cluster.Loaded) (n int64) {
	if !p.Alternates() {
		return l.Latency().Count()
	}
	for _, operations := range l.Rounds {
		n += operations
	}
	return n
}

// fillLatency sets the latencies of the window's operations and, of a closed loop, Little's ratio, X·R/c, which is 1 if
// the loop lost nothing: X·R is the time that clients spent on operations, and waiting for servers that lag, per second.
func fillLatency(p *result.Point, l cluster.Loaded) (err error) {
	latency := l.Latency()
	if p.Histogram, err = latency.Encode(); err != nil || p.Ops == 0 {
		return err
	}
	p.LatencyMs = latency.Latency()
	p.TailMs, p.DrainMs = ms(l.Tail), ms(l.Drain)
	p.LagWaitMs, p.Overtaken = float64(l.WaitNs)/float64(p.Ops)/1e6, l.Overtaken
	if !p.Open() {
		all := 1e9 * l.Seconds * float64(p.Clients)
		p.LittleRatio, p.BetweenShare = float64(l.BusyNs)/all, float64(l.BetweenNs)/all
	}
	return nil
}

// mean is the mean size of the values of the load's operations.
func (m meetings) mean(p *result.Point, l cluster.Loaded) float64 {
	reads, writes := m.readSizes.mean(p.ValueBytes), m.writeSizes.mean(p.ValueBytes)
	share := readShare(p, l)
	return share*reads + (1-share)*writes
}

// readShare is the share of READs in the load's operations.
func readShare(p *result.Point, l cluster.Loaded) float64 {
	if !p.Mixed() || l.Ops() == 0 {
		return p.ReadShare()
	}
	return float64(l.Read.Ops) / float64(l.Ops())
}

// fillKinds sets what the point of a mix has of each kind.
func fillKinds(p *result.Point, l cluster.Loaded, met meetings) (err error) {
	if !p.Mixed() {
		return nil
	}
	of := func(k agent.Kind, drawn sizes) *result.KindOf {
		ops, mean := l.Of(k), drawn.mean(p.ValueBytes)
		kind := &result.KindOf{
			Ops: k.Latency.Count(), ThroughputOps: ops, ThroughputMBps: ops * mean / 1e6,
			LatencyMs: k.Latency.Latency(), LoadOps: k.Ops, RoundKinds: k.Rounds,
		}
		if p.Sizes.Asked() {
			kind.MeanBytes = mean
		}
		var failed error
		kind.Histogram, failed = k.Latency.Encode()
		err = errors.Join(err, failed)
		return kind
	}
	p.ReadOps, p.WriteOps = of(l.Read, met.readSizes), of(l.Write, met.writeSizes)
	return err
}

// fillTraffic sets the bytes that the load moved, in all and per operation.
func (r *runner) fillTraffic(p *result.Point, l cluster.Loaded) {
	p.RoundKinds, p.Messages, p.WireBytes, p.Background = l.Kinds(), l.Messages, l.Bytes, background(l)
	p.LinkBytes = l.Whole.Payload()
	if p.LinkBytes != (result.Traffic{}) {
		p.LinkBytes.ClientToServer -= l.Background.Bytes.ClientToServer
		p.LinkBytes.ServerToClient -= l.Background.Bytes.ServerToClient
	}
	p.WireFactor, p.Retransmitted = perOperation(p.WireBytes, p), l.Retransmitted
	p.Signatures = &l.Signatures
	p.BetweenBytes = l.Between
	if p.LoadOps > 0 {
		p.BetweenFactor = float64(l.Between) / float64(p.LoadOps) / float64(p.ValueBytes)
	}
	if r.apart() && p.LinkBytes != (result.Traffic{}) { // each message leaves one server's link and enters another's
		p.LinkBytes.ClientToServer -= l.Between
		p.LinkBytes.ServerToClient -= l.Between
	}
}

// apart reports whether servers are on hosts of their own.
func (r *runner) apart() bool {
	servers, _ := r.bench.Testbed.Hosts()
	return len(servers) > 1
}

// background counts the operations of the writer beside the load.
func background(l cluster.Loaded) result.Background {
	b := result.Background{Ops: l.Background.Ops, Bytes: l.Background.Bytes.Sum()}
	if b.Bytes > 0 {
		b.Share = float64(b.Bytes) / float64(b.Bytes+l.Bytes.Sum())
	}
	return b
}

// perOperation is traffic per operation of the load in multiples of the value's size.
func perOperation(t result.Traffic, p *result.Point) result.TrafficFactor {
	if p.LoadOps == 0 {
		return result.TrafficFactor{}
	}
	unit := float64(p.LoadOps) * float64(p.ValueBytes)
	return t.Over(unit)
}
