package harness

import (
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/netem"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/catalog"
)

func TestGoodput(t *testing.T) {
	for rate, want := range map[int64]float64{1e9: 117.7, 100e6: 11.77, 10e9: 1177, 0: 0} {
		if got := goodputMBps(rate); !near(got, want, want/1000) {
			t.Errorf("%d bit/s carry %.2f MB/s, want %.2f", rate, got, want)
		}
	}
}

// The bounds of the paper's testbed: all servers behind one link of 1 Gbit/s.
func TestBound(t *testing.T) {
	r := newRunner(t, "experiment: x", 1, 3, 1e9)
	for name, want := range map[string][3]float64{ // t = 1, 2, 3
		"mpowerstore": {58.8, 50.4, 47.1}, "mabd": {39.2, 23.5, 16.8}, "phalanx": {29.4, 16.8, 11.8},
	} {
		p, err := catalog.ByName(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range want {
			for _, op := range []protocols.Op{protocols.Read, protocols.Write} {
				cost := p.Traits(i + 1).Cost(op)
				factor := result.TrafficFactor{ClientToServer: cost.ClientToServers, ServerToClient: cost.ServersToClient}
				got := r.bound(factor, p.Traits(i+1).Servers)
				if math.Abs(got-want) > 0.05 {
					t.Errorf("%s of %s, t=%d: %.2f MB/s, want %.1f", op, name, i+1, got, want)
				}
			}
		}
	}
}

// On hosts of their own the servers have a link each, but no more than the clients have carry anything, and a protocol
// with fewer servers than another leaves hosts idle.
func TestBoundOfSpreadServers(t *testing.T) {
	cost := result.TrafficFactor{ClientToServer: 2, ServerToClient: 1}
	for _, c := range []struct {
		serverHosts, clientHosts, servers int
		links                             float64
	}{{1, 3, 4, 1}, {4, 3, 4, 3}, {4, 8, 4, 4}, {4, 8, 3, 3}, {4, 1, 4, 1}} {
		r := newRunner(t, "experiment: x\ntestbed: {rate: 100Mbit}", c.serverHosts, c.clientHosts, 100e6)
		if got, want := r.bound(cost, c.servers), c.links*11.77/2; !near(got, want, 0.01) {
			t.Errorf("%+v: %.2f MB/s, want %.2f", c, got, want)
		}
	}
}

// The share is that of the direction that is nearer to what its links were measured to carry.
func TestLinkShare(t *testing.T) {
	r := newRunner(t, "experiment: x", 2, 3, 1e9)
	r.manifest.Testbed.Before = []result.Link{ // the server hosts' first; 8 Mbit/s is 1 MB/s
		{UpMbps: 8, DownMbps: 16}, {UpMbps: 8, DownMbps: 16}, {UpMbps: 1, DownMbps: 1}, {UpMbps: 1, DownMbps: 1},
	}
	for _, c := range []struct {
		up, down uint64 // bytes over each of two links in 2 s
		want     float64
	}{{1e6, 0, 0.5}, {0, 1e6, 0.25}, {2e6, 1e6, 1}, {1e6, 3e6, 0.75}, {0, 0, 0}} {
		counters := netem.Counters{Up: netem.Direction{Bytes: c.up}, Down: netem.Direction{Bytes: c.down}}
		window := interval{
			from: reading{ns: 5e9, links: make([]netem.Counters, 2)},
			to:   reading{ns: 7e9, links: []netem.Counters{counters, counters}},
		}
		if got := r.linkShare(window, 4); !near(got, c.want, 1e-9) {
			t.Errorf("%d up, %d down: %v, want %v", c.up, c.down, got, c.want)
		}
		window.to.links[1] = netem.Counters{} // the second host has no server
		if got := r.linkShare(window, 1); !near(got, c.want, 1e-9) {
			t.Errorf("%d up, %d down of one: %v, want %v", c.up, c.down, got, c.want)
		}
	}
}

func TestPerOperation(t *testing.T) {
	p := &result.Point{LoadOps: 50, Series: result.Series{ValueBytes: 1000}}
	got := perOperation(result.Traffic{ClientToServer: 100_000, ServerToClient: 12_500}, p)
	if want := (result.TrafficFactor{ClientToServer: 2, ServerToClient: 0.25}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	p.LoadOps = 0
	if got := perOperation(result.Traffic{ClientToServer: 1}, p); got != (result.TrafficFactor{}) {
		t.Errorf("of no operations: %+v", got)
	}
}

// ofLoad is 2 s of READs by 4 clients at t = 1 of M-PoWerStore: 1000 in the window, of 4 ms to 12 ms.
func ofLoad() loaded {
	h := hdrhistogram.New(1000, 1e11, 3)
	for i := range int64(1000) {
		_ = h.RecordValue(4e6 + i*8000)
	}
	const operations, value = 1500, 100_000
	link := func(up, down uint64) []netem.Counters {
		return []netem.Counters{{Up: netem.Direction{Bytes: up}, Down: netem.Direction{Bytes: down}}}
	}
	return loaded{
		LoadReport: agent.LoadReport{
			WindowOps: 1000, LoadOps: operations, LatencyNs: 1000 * 8e6, Rounds: map[int]int64{2: 990, 3: 10},
			SentBytes: operations * value / 100, ReceivedBytes: 2 * operations * value,
			RoundKinds: rounds{{Data: 1, Metadata: 1}: 1490, {Data: 1, Metadata: 2}: 10},
			Messages:   result.Traffic{ClientToServer: 12_040, ServerToClient: 12_040},
		},
		histogram: h,
		seconds:   2, amplification: 2.5,
		window: interval{ // its readings came late

			from: reading{ns: 1e9, clients: 1, servers: 2, links: link(0, 0)},
			to:   reading{ns: 3.01e9, clients: 1.5, servers: 3, links: link(200e6, 1e6)},
		},
		whole: interval{
			from: reading{ns: 0.5e9, links: link(0, 0)},
			to:   reading{ns: 4e9, links: link(2*operations*value, operations*value/100)},
		},
	}
}

func TestFill(t *testing.T) {
	r := newRunner(t, "experiment: x", 1, 3, 1e9)
	r.manifest.Testbed.Before = []result.Link{{UpMbps: 941, DownMbps: 941}}
	p := &result.Point{
		Series: result.Series{Protocol: "mpowerstore", Variant: "paper", Op: "read", T: 1, ValueBytes: 100_000},
		Load:   result.Load{Clients: 4}, Shaped: true, Linearizable: result.Verdict{Code: result.Linearizable},
	}
	if err := r.fill(p, ofLoad()); err != nil {
		t.Fatal(err)
	}
	if p.RoundKinds[result.Rounds{Data: 1, Metadata: 2}] != 10 || p.ModelRounds != (result.Rounds{Data: 1, Metadata: 1}) ||
		p.Messages.ServerToClient != 12_040 {
		t.Errorf("rounds %v, by the model %v, messages %+v", p.RoundKinds, p.ModelRounds, p.Messages)
	}
	for name, c := range map[string]struct{ got, want, tolerance float64 }{
		"servers":          {float64(p.Servers), 4, 0},
		"duration":         {p.DurationS, 2, 0},
		"throughput, ops":  {p.ThroughputOps, 500, 0},
		"throughput, MB/s": {p.ThroughputMBps, 50, 1e-9},
		"latency, mean":    {p.LatencyMs.Mean, 8, 1e-9},
		"latency, p50":     {p.LatencyMs.P50, 8, 0.02},
		"latency, p90":     {p.LatencyMs.P90, 11.2, 0.02},
		"latency, p99":     {p.LatencyMs.P99, 11.92, 0.02},
		"latency, p999":    {p.LatencyMs.P999, 11.99, 0.02},
		"latency, max":     {p.LatencyMs.Max, 11.99, 0.02},
		"little":           {p.LittleRatio, 1, 1e-9},
		"wire factor":      {p.WireFactor.ServerToClient, 2, 1e-9},
		"cost factor":      {p.CostFactor.ServerToClient, 2, 1e-9},
		"bound":            {p.BoundMBps, 58.84, 0.01},
		"bound ratio":      {p.BoundRatio, 50 / 58.84, 0.001},
		"link share":       {p.LinkShare, 200e6 / (2.01 * 941e6 / 8), 0.001},
		"amplification":    {p.WriteAmplification, 2.5, 0},
		"CPU of clients":   {p.CPUS.Clients, 0.5, 1e-9},
		"CPU of servers":   {p.CPUS.Servers, 1, 1e-9},
	} {
		if !near(c.got, c.want, c.tolerance) {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
	if want := map[string]int64{"2": 990, "3": 10}; !reflect.DeepEqual(p.Rounds, want) {
		t.Errorf("rounds %v, want %v", p.Rounds, want)
	}
	if !p.Valid || p.InvalidReason != "" || p.Bottleneck != "latency" {
		t.Errorf("valid %v, %q, bottleneck %q", p.Valid, p.InvalidReason, p.Bottleneck)
	}
	h, err := hdrhistogram.Decode([]byte(p.Histogram))
	if err != nil || h.TotalCount() != 1000 {
		t.Errorf("histogram: %v", err)
	}
}

// Where nothing is shaped there is no bound; where nothing ended in the window there is no latency, and no NaN.
func TestFillWithoutNumbers(t *testing.T) {
	r := newRunner(t, "experiment: x", 1, 3, 0)
	l := ofLoad()
	l.WindowOps, l.LoadOps, l.LatencyNs, l.histogram = 0, 0, 0, hdrhistogram.New(1000, 1e11, 3)
	p := &result.Point{Series: result.Series{Protocol: "mabd", Variant: "paper", Op: "write", T: 1, ValueBytes: 100_000}, Load: result.Load{Clients: 4}}
	if err := r.fill(p, l); err != nil {
		t.Fatal(err)
	}
	if p.Valid || p.BoundMBps != 0 || p.BoundRatio != 0 || p.LatencyMs != (result.Latency{}) {
		t.Errorf("%+v", p)
	}
	if err := result.Append(t.TempDir(), *p); err != nil { // JSON has no NaN and no infinity
		t.Error(err)
	}
}

// What a writer beside the load moved is its own, by both counters, and its share is of all there was.
func TestBackgroundIsApart(t *testing.T) {
	l := loaded{LoadReport: agent.LoadReport{
		LoadOps: 1, SentBytes: 100, ReceivedBytes: 880,
		Background: agent.Background{Ops: 3, SentBytes: 15, ReceivedBytes: 5},
	}}
	if got, want := background(l), (result.Background{Ops: 3, Bytes: 20, Share: 0.02}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := background(loaded{}); got != (result.Background{}) {
		t.Errorf("without one: %+v", got)
	}
}

func TestMergeReports(t *testing.T) {
	histogram := func(values ...int64) string {
		h := hdrhistogram.New(1000, 1e11, 3)
		for _, v := range values {
			_ = h.RecordValue(v)
		}
		text, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	reports := []agent.LoadReport{
		{
			WindowOps: 2, LoadOps: 3, LatencyNs: 5, Histogram: histogram(2000, 3000), Rounds: map[int]int64{2: 2}, SentBytes: 7,
			RoundKinds: twoRounds(3), Messages: result.Traffic{ClientToServer: 24, ServerToClient: 23},
			WaitNs: 3, Overtaken: 1, Background: agent.Background{Ops: 1, SentBytes: 20, ReceivedBytes: 2},
		},
		{
			WindowOps: 1, LoadOps: 1, Errors: 1, Error: "broken", LatencyNs: 4, Histogram: histogram(int64(time.Second)),
			Rounds: map[int]int64{2: 1, 3: 1}, SentBytes: 1, ReceivedBytes: 9, WaitNs: 4, Overtaken: 2,
			RoundKinds: rounds{{Data: 1, Metadata: 1}: 1, {Metadata: 1}: 5}, Messages: result.Traffic{ClientToServer: 1, ServerToClient: 2},
		},
		{Errors: 2, Error: "later", Histogram: histogram()},
	}
	var l loaded
	l.fail(agent.Failures{}) // nothing failed beside the load
	if err := l.merge(reports); err != nil {
		t.Fatal(err)
	}
	want := agent.LoadReport{
		WindowOps: 3, LoadOps: 4, Errors: 3, Error: "broken", LatencyNs: 9, Rounds: map[int]int64{2: 3, 3: 1},
		SentBytes: 8, ReceivedBytes: 9, WaitNs: 7, Overtaken: 3,
		RoundKinds: rounds{{Data: 1, Metadata: 1}: 4, {Metadata: 1}: 5}, Messages: result.Traffic{ClientToServer: 25, ServerToClient: 25},
		Background: agent.Background{Ops: 1, SentBytes: 20, ReceivedBytes: 2},
	}
	if !reflect.DeepEqual(l.LoadReport, want) {
		t.Errorf("%+v, want %+v", l.LoadReport, want)
	}
	if n := l.histogram.TotalCount(); n != 3 {
		t.Errorf("%d latencies, want 3", n)
	}
	l.fail(agent.Failures{Count: 4, First: "beside it"})
	if l.Errors != 7 || l.Error != "broken" {
		t.Errorf("with failures beside the load: %d errors, the first %q", l.Errors, l.Error)
	}
	reports[1].Histogram = "?"
	if err := new(loaded).merge(reports); err == nil {
		t.Error("a broken histogram was accepted")
	}
}
