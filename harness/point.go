package harness

import (
	"fmt"
	"strconv"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/catalog"
)

// fill turns what a load came to into the point's numbers and judges them.
func (r *runner) fill(p *result.Point, l loaded) error {
	protocol, err := catalog.ByName(p.FullName())
	if err != nil {
		return err
	}
	p.Servers = protocol.Traits(p.T).Servers
	p.DurationS = l.seconds
	p.Ops, p.LoadOps, p.Errors = l.WindowOps, l.LoadOps, l.Errors
	p.ThroughputOps = l.throughput()
	p.ThroughputMBps = p.ThroughputOps * float64(p.ValueBytes) / 1e6
	p.Rounds = make(map[string]int64)
	for rounds, n := range l.Rounds {
		p.Rounds[strconv.Itoa(rounds)] = n
	}
	p.ModelRounds.Data, p.ModelRounds.Metadata = protocol.Traits(p.T).Rounds(protocols.Op(p.Op))
	if err := fillLatency(p, l); err != nil {
		return err
	}
	if l.open != nil {
		if err := fillOpen(p, *l.open); err != nil {
			return err
		}
	}
	fillTraffic(p, l, protocol.Traits(p.T).Cost(protocols.Op(p.Op)))
	p.CPUS, p.HostCPU = l.window.cpu(), l.window.hostCPU()
	if r.manifest.Testbed.Guest != "" {
		p.HostCPU.Foreign = 0 // all that runs in the guest is ours; what disturbs the guest itself shows in its delays
	}
	p.WriteAmplification = l.amplification
	if p.Clients == 1 && !p.Open() {
		p.Predicted = r.predict(protocol, protocols.Op(p.Op), p.T, p.ValueBytes)
	}
	if r.shaped() {
		p.BoundMBps = r.bound(p.CostFactor, p.Servers)
		p.BoundRatio = p.ThroughputMBps / p.BoundMBps
		p.LinkShare = r.linkShare(l.window, p.Servers)
	}
	p.Bottleneck = bottleneck(p, l)
	judge(p, l)
	return nil
}

// fillLatency sets the latencies of the window's operations and, of a closed loop, Little's ratio, X·R/c, which is 1 if
// the loop lost nothing; R includes the wait for servers that lag.
func fillLatency(p *result.Point, l loaded) (err error) {
	if p.Histogram, err = encodeHistogram(l.histogram); err != nil || l.WindowOps == 0 {
		return err
	}
	p.LatencyMs = exactLatency(l.LatencyNs, l.histogram)
	p.LagWaitMs, p.Overtaken = float64(l.WaitNs)/float64(l.WindowOps)/1e6, l.Overtaken
	if !p.Open() {
		p.LittleRatio = p.ThroughputOps * (p.LatencyMs.Mean + p.LagWaitMs) / 1e3 / float64(p.Clients)
	}
	return nil
}

// encodeHistogram is the form in which points keep histograms.
func encodeHistogram(h *hdrhistogram.Histogram) (string, error) {
	text, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		return "", fmt.Errorf("encode histogram: %w", err)
	}
	return string(text), nil
}

// exactLatency is latency with the mean from the exact sum in ns.
func exactLatency(sumNs int64, h *hdrhistogram.Histogram) result.Latency {
	l := latency(h)
	l.Mean = float64(sumNs) / float64(max(1, h.TotalCount())) / 1e6
	return l
}

// fillTraffic sets the bytes that the load moved, in all and per operation.
func fillTraffic(p *result.Point, l loaded, cost protocols.Cost) {
	p.RoundKinds, p.Messages = l.RoundKinds, l.Messages
	p.WireBytes = result.Traffic{ClientToServer: l.SentBytes, ServerToClient: l.ReceivedBytes}
	p.Background = background(l)
	p.LinkBytes = l.whole.payload()
	if p.LinkBytes != (result.Traffic{}) {
		p.LinkBytes.ClientToServer -= l.Background.SentBytes
		p.LinkBytes.ServerToClient -= l.Background.ReceivedBytes
	}
	p.WireFactor = perOperation(p.WireBytes, p)
	p.CostFactor = result.TrafficFactor{ClientToServer: cost.ClientToServers, ServerToClient: cost.ServersToClient}
}

// background is what the writer beside the load did.
func background(l loaded) result.Background {
	b := result.Background{Ops: l.Background.Ops, Bytes: l.Background.SentBytes + l.Background.ReceivedBytes}
	if b.Bytes > 0 {
		b.Share = float64(b.Bytes) / float64(b.Bytes+l.SentBytes+l.ReceivedBytes)
	}
	return b
}

// perOperation is traffic per operation of the load in multiples of the value's size.
func perOperation(t result.Traffic, p *result.Point) result.TrafficFactor {
	if p.LoadOps == 0 {
		return result.TrafficFactor{}
	}
	unit := float64(p.LoadOps) * float64(p.ValueBytes)
	return result.TrafficFactor{
		ClientToServer: float64(t.ClientToServer) / unit,
		ServerToClient: float64(t.ServerToClient) / unit,
	}
}

// bound is the throughput, in MB/s of values, at which the busier direction of the links is full: as many links share
// the traffic as there are hosts with servers, or with clients if those are fewer.
func (r *runner) bound(cost result.TrafficFactor, servers int) float64 {
	links := min(servers, len(r.hosts.servers), len(r.hosts.clients))
	goodput := goodputMBps(int64(r.experiment.Testbed.Rate)) * float64(links)
	return goodput / max(cost.ClientToServer, cost.ServerToClient)
}

// linkShare is how full the busier direction of the server hosts' links was, against their measured goodput.
func (r *runner) linkShare(window interval, servers int) float64 {
	payload := window.payload()
	var up, down float64 // capacity in bytes
	for _, link := range r.manifest.Testbed.Before[:min(servers, len(r.hosts.servers))] {
		up += link.UpMbps * 1e6 / 8 * window.seconds()
		down += link.DownMbps * 1e6 / 8 * window.seconds()
	}
	return max(float64(payload.ServerToClient)/up, float64(payload.ClientToServer)/down)
}
