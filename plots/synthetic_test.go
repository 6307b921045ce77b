package plots

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
)

const goodputMBps = 117.7

// traffic is that of an operation in multiples of the value, in the worse direction.
func traffic(protocol string, t float64) float64 {
	switch protocol {
	case "mabd":
		return 2*t + 1
	case "phalanx":
		return 3*t + 1
	}
	return (3*t + 1) / (t + 1)
}

var (
	paperProtocols = []string{"mpowerstore", "mabd", "phalanx"}
	clientCounts   = []int{1, 2, 3, 4, 6, 8, 12}
	fileSizes      = []int{64 << 10, 128 << 10, 256 << 10, 512 << 10, 1024 << 10}
)

// titles are the protocols' names, and their order.
var titles = map[string]string{
	"mpowerstore": "M-PoWerStore", "mabd": "M-ABD", "phalanx": "Phalanx", "powerstore": "PoWerStore", "null": "null protocol",
}

func systems() map[string]result.System {
	all := map[string]result.System{}
	for i, name := range []string{"mpowerstore", "mabd", "phalanx", "powerstore", "cas", "null"} {
		all[name] = result.System{Protocol: name, Variant: "paper", Title: titles[name], Order: i + 1}
	}
	return all
}

// synthetic is an empty set of a calibrated run.
func synthetic(name string) *result.Set {
	link := result.Link{Host: "client1", Peer: "servers", UpMbps: 941.2, DownMbps: 940.8}
	return &result.Set{
		Dir: "results/" + name + "/synthetic",
		Manifest: result.Manifest{
			Schema: result.SchemaVersion, Experiment: name, Systems: systems(),
			Testbed: result.Testbed{
				Mode: "root", Topology: "shared-host", Shaped: true, RateBits: 1e9, Before: []result.Link{link},
			},
		},
	}
}

// synthesize makes the point of a measurement at which c clients saturate the link more or less.
func synthesize(random *rand.Rand, figure, protocol, op string, t, size, clients, repetition int) result.Point {
	cost := traffic(protocol, float64(t))
	bound := goodputMBps / cost
	noise := func(share float64) float64 { return 1 + share*random.NormFloat64() }
	efficiency := 0.97 * float64(size) / (float64(size) + 20<<10)
	peakOps := bound * efficiency * 1e6 / float64(size)
	idleMs := 1.5 + 1000/(bound*1e6/float64(size))
	if op == "write" {
		idleMs *= 1.25
	}
	ops := min(peakOps, 1000*float64(clients)/idleMs*0.9) * noise(0.02)
	mean := 1000 * float64(clients) / ops * noise(0.02)
	factor := result.TrafficFactor{ClientToServer: cost, ServerToClient: 0.01}
	if op == "read" {
		factor = result.TrafficFactor{ClientToServer: 0.01, ServerToClient: cost}
	}
	latency := result.Latency{Mean: mean, P50: 0.95 * mean, P99: 1.8 * mean}
	return result.Point{
		Schema: result.SchemaVersion, Experiment: "synthetic", Figure: figure,
		Series: result.Series{
			Protocol: protocol, Variant: "paper", Suite: "paper", Durability: "write", Op: op, T: t,
			ValueBytes: size,
		},
		Load: result.Load{Clients: clients}, Repetition: repetition, ThroughputOps: ops,
		ThroughputMBps: ops * float64(size) / 1e6,
		Ops:            timed, LatencyMs: latency, Histogram: histogramOf(latency),
		WireFactor: result.TrafficFactor{
			ClientToServer: factor.ClientToServer + 0.01, ServerToClient: factor.ServerToClient + 0.01,
		},
		CostFactor: factor, ModelFactor: factor, Bottleneck: "link", BoundMBps: bound, BoundRatio: ops * float64(size) / 1e6 / bound,
		Concurrency: 0.0101, Linearizable: result.Verdict{Code: "ok", Checker: "register"}, Shaped: true,
		Validity: result.Validity{Valid: true},
	}
}

// syntheticFigure is a full run of a figure by all the paper's protocols, with n repetitions.
func syntheticFigure(figure string, n int) *result.Set {
	s := synthetic("fig" + figure)
	random := rand.New(rand.NewPCG(2013, uint64(n)))
	ts, sizes, clients := []int{1}, []int{256 << 10}, []int{8}
	switch figure {
	case "2a", "single":
		clients = clientCounts
	case "2b":
		ts = []int{1, 2, 3}
	case "2c":
		sizes = fileSizes
	case "2d":
		ts, clients = []int{1, 2, 3}, []int{1}
	case frame.Ablation:
		clients = []int{1, 12}
	case "wan":
		clients = []int{1, 2, 4, 8, 16}
	case frame.Sizes:
		ts, clients = []int{1, 10}, []int{1, 8}
		sizes = []int{1 << 8, 1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 20, 1 << 24}
	}
	for repetition := range n {
		for _, protocol := range paperProtocols {
			for _, op := range []string{"read", "write"} {
				for _, t := range ts {
					for _, size := range sizes {
						for _, c := range clients {
							p := synthesize(random, figure, protocol, op, t, size, c, repetition+1)
							s.Points = append(s.Points, p)
						}
					}
				}
			}
		}
	}
	switch figure {
	case "2d", "wan":
		overWAN(s, random)
	case frame.Sizes:
		withMetadata(s)
	}
	return s
}

// withMetadata adds to each operation bytes that do not depend on the value, most to M-PoWerStore's, and the time for them.
func withMetadata(s *result.Set) {
	each := map[string]float64{"mpowerstore": 900, "mabd": 150, "phalanx": 300} // by server and direction
	for i := range s.Points {
		p := &s.Points[i]
		more := each[p.Protocol] * float64(3*p.T+1) / float64(p.ValueBytes)
		cost := max(p.CostFactor.ClientToServer, p.CostFactor.ServerToClient)
		slower := (cost + more) / cost
		p.ModelFactor = result.TrafficFactor{ClientToServer: p.CostFactor.ClientToServer + more, ServerToClient: p.CostFactor.ServerToClient + more}
		p.WireFactor = p.ModelFactor
		p.WireFactor.ClientToServer *= 1.002
		p.BoundMBps /= slower
		p.ThroughputOps, p.ThroughputMBps = p.ThroughputOps/slower, p.ThroughputMBps/slower
		p.LatencyMs.Mean *= slower
		if p.Clients == 1 {
			p.Predicted = result.Interval{Low: p.LatencyMs.Mean * 0.7, High: p.LatencyMs.Mean * 0.8}
		}
	}
}

// overWAN turns the set into one over links with delays: to the time that bytes take, rounds of 40 ms are added.
func overWAN(s *result.Set, random *rand.Rand) {
	tb := &s.Manifest.Testbed
	tb.RateBits, tb.Congestion, tb.Guest = 1e8, "reno", "6.1.176"
	tb.Before = []result.Link{{Host: "client1", Peer: "servers", UpMbps: 94.2, DownMbps: 94.1}}
	tb.Delays = []result.Delay{{MeanMs: 20, JitterMs: 4, Distribution: "pareto", Limit: 100000}}
	for i := range 8 {
		m := result.MeasuredDelay{MeanMs: 19.8 + float64(i)/50, AskedMeanMs: 19.87, KS: 0.01 + float64(i)/500}
		tb.DelaysBefore = append(tb.DelaysBefore, m)
	}
	for i := range s.Points {
		p := &s.Points[i]
		idle := 2.0 * 42
		if p.Op == "write" {
			idle += 42
		}
		p.BoundMBps /= 10
		p.ThroughputOps = 1000 / (idle/float64(p.Clients) + 1000/(p.BoundMBps*1e6/float64(p.ValueBytes)))
		p.ThroughputOps *= 1 + 0.03*random.NormFloat64()
		mean := 1000 * float64(p.Clients) / p.ThroughputOps
		p.ThroughputMBps = p.ThroughputOps * float64(p.ValueBytes) / 1e6
		p.LatencyMs = result.Latency{Mean: mean, P50: 0.97 * mean, P99: 1.35 * mean}
		p.Histogram = histogramOf(p.LatencyMs)
		transfer := 1000 * float64(p.ValueBytes) / 1e6 / p.BoundMBps
		p.Predicted = result.Interval{Low: idle + 0.85*transfer, High: idle + 1.02*transfer}
		p.BoundRatio, p.KeyModel, p.Bottleneck = p.ThroughputMBps/p.BoundMBps, "uniform", "latency"
	}
}

// invalidate marks the points that fit as invalid.
func invalidate(s *result.Set, fits func(result.Point) bool) {
	for i := range s.Points {
		if fits(s.Points[i]) {
			s.Points[i].Valid, s.Points[i].InvalidReason = false, "steal above 2 %"
		}
	}
}

// without is a copy of the set that lacks the points that fit.
func without(s *result.Set, fits func(result.Point) bool) *result.Set {
	c := *s
	c.Points = slices.DeleteFunc(slices.Clone(s.Points), fits)
	return &c
}

// unshaped turns the set into one of a run over loopback.
func unshaped(s *result.Set) *result.Set {
	s.Manifest.Testbed = result.Testbed{Mode: "loopback", Why: "no network namespaces here"}
	for i := range s.Points {
		s.Points[i].Shaped, s.Points[i].BoundMBps, s.Points[i].BoundRatio = false, 0, 0
		s.Points[i].Predicted = result.Interval{}
	}
	return s
}

// Costs that nobody measured, of known growth.

// syntheticCost is a scheme's time in ns, base · t^exponent, and its multiplications.
type syntheticCost struct {
	scheme            string
	bits              int
	construct, verify float64 // at t = 1, or at any t if the exponents are those of a signature
	growConstruct     float64
	growVerify        float64
	multiplications   func(t int) (construct, verify int64)
}

// signature as an exponent marks costs that do not depend on t.
const signature = -1

func naive(t int) (construct, verify int64) {
	each := int64(t * (t + 1) / 2)
	return int64(3*t+1) * each, each
}

func horner(t int) (construct, verify int64) { return int64((3*t + 1) * t), int64(t) }

func uncounted(int) (construct, verify int64) { return 0, 0 }

var syntheticSchemes = []syntheticCost{
	{"hash-sha1", 80, 500, 200, 0, 0, uncounted},
	{"rsa-1024", 80, 320e3, 11e3, signature, signature, uncounted},
	{"dsa-1024", 80, 125e3, 207e3, signature, signature, uncounted},
	{"rsa-2048", 112, 1.1e6, 34e3, signature, signature, uncounted},
	{"hash-sha256", 128, 550, 220, 0, 0, uncounted},
	{"hash-macs-sha256", 128, 3000, 700, 1, 0, uncounted},
	{"polynomial-naive", 128, 3000, 500, 3, 2, naive},
	{"polynomial-horner", 128, 3000, 500, 2, 1, horner},
	{"rsa-3072", 128, 3.5e6, 300e3, signature, signature, uncounted},
	{"ed25519", 128, 22e3, 51e3, signature, signature, uncounted},
}

// syntheticCosts is a run of Table 1 with times that scatter by so much.
func syntheticCosts(repetitions int, scatter float64) *result.Set {
	s := synthetic("table1")
	s.Manifest.Machine = result.Machine{CPU: "Imaginary 3000", Cores: 2, Kernel: "6.8.0"}
	s.Manifest.Version = result.Version{PoWBench: "0123456789ab", Go: "go1.26.1"}
	random := rand.New(rand.NewPCG(2013, 1))
	for r := range repetitions {
		for _, c := range syntheticSchemes {
			last := 10
			if c.growVerify == signature {
				last = 1
			}
			for t := 1; t <= last; t++ {
				s.Costs = append(s.Costs, c.at(t, r+1, 1+scatter*random.Float64()))
			}
		}
	}
	return s
}

// at is the cost at t, slowed down by a factor.
func (c syntheticCost) at(t, repetition int, slow float64) result.Cost {
	cost := result.Cost{
		Schema: result.SchemaVersion, Scheme: c.scheme, SecurityBits: c.bits, MessageBytes: 94,
		Repetition: repetition, Attempt: 1, Validity: result.Validity{Valid: true},
	}
	cost.Construct = result.Spent{Ops: 100, Ns: slow * c.construct, Allocs: 4, Bytes: 168.2}
	cost.Verify = result.Spent{Ops: 100, Ns: slow * c.verify, Allocs: 2, Bytes: 48}
	if c.growVerify != signature {
		cost.T, cost.Servers = t, 3*t+1
		cost.Construct.Ns *= math.Pow(float64(t), c.growConstruct)
		cost.Verify.Ns *= math.Pow(float64(t), c.growVerify)
	}
	cost.Construct.Multiplications, cost.Verify.Multiplications = c.multiplications(t)
	return cost
}
