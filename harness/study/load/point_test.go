package load

import (
	"math"
	"reflect"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/cluster"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/netem"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/catalog"
)

func TestGoodput(t *testing.T) {
	for rate, want := range map[int64]float64{1e9: 117.7, 100e6: 11.77, 10e9: 1177, 0: 0} {
		if got := netem.Goodput(rate) / 8e6; !near(got, want, want/1000) {
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
				got := r.bound(factor, 0, p.Traits(i+1).Servers)
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
		if got, want := r.bound(cost, 0, c.servers), c.links*11.77/2; !near(got, want, 0.01) {
			t.Errorf("%+v: %.2f MB/s, want %.2f", c, got, want)
		}
	}
}

// What servers send each other fills their own links, if each has one, and no link if they share a host.
func TestBoundOfServersThatTalk(t *testing.T) {
	cost := result.TrafficFactor{ClientToServer: 2, ServerToClient: 1}
	for _, c := range []struct {
		serverHosts, clientHosts int
		want                     float64
	}{{1, 3, 11.77 / 2}, {4, 8, 4 * 11.77 / (2 + 6)}, {4, 1, 11.77 / 2}} {
		r := newRunner(t, "experiment: x\ntestbed: {rate: 100Mbit}", c.serverHosts, c.clientHosts, 100e6)
		if got := r.bound(cost, 6, 4); !near(got, c.want, 0.01) {
			t.Errorf("%+v: %.2f MB/s", c, got)
		}
	}
}

// The share is that of the direction that is nearer to what its links were measured to carry.
func TestLinkShare(t *testing.T) {
	r := newRunner(t, "experiment: x", 2, 3, 1e9)
	r.bench.Manifest.Testbed.Before = []result.Link{ // the server hosts' first; 8 Mbit/s is 1 MB/s
		{UpMbps: 8, DownMbps: 16}, {UpMbps: 8, DownMbps: 16}, {UpMbps: 1, DownMbps: 1}, {UpMbps: 1, DownMbps: 1},
	}
	for _, c := range []struct {
		up, down uint64 // bytes over each of two links in 2 s
		want     float64
	}{{1e6, 0, 0.5}, {0, 1e6, 0.25}, {2e6, 1e6, 1}, {1e6, 3e6, 0.75}, {0, 0, 0}} {
		counters := netem.Counters{Up: netem.Direction{Bytes: c.up}, Down: netem.Direction{Bytes: c.down}}
		window := cluster.Interval{
			From: cluster.Reading{Ns: 5e9, Links: make([]netem.Counters, 2)},
			To:   cluster.Reading{Ns: 7e9, Links: []netem.Counters{counters, counters}},
		}
		if got := r.linkShare(window, 4); !near(got, c.want, 1e-9) {
			t.Errorf("%d up, %d down: %v, want %v", c.up, c.down, got, c.want)
		}
		window.To.Links[1] = netem.Counters{} // the second host has no server
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
		t.Errorf("of no operatioNs: %+v", got)
	}
}

// timingOf is the timing of these times.
func timingOf(ns ...int64) (t agent.Timing) {
	for _, x := range ns {
		t.Add(x)
	}
	return t
}

// ofLoad is 2 s of READs by 4 clients at t = 1 of M-PoWerStore: 1000 in the window, of 4 ms to 12 ms.
func ofLoad() cluster.Loaded {
	var latency agent.Timing
	for i := range int64(1000) {
		latency.Add(4e6 + i*8000)
	}
	latency.SumNs = 1000 * 8e6
	const operations, value = 1500, 100_000
	link := func(up, down uint64) []netem.Counters {
		return []netem.Counters{{Up: netem.Direction{Bytes: up}, Down: netem.Direction{Bytes: down}}}
	}
	used := func(clients, servers float64) map[string]cluster.Machine {
		return map[string]cluster.Machine{"": {Own: result.CPU{Clients: clients, Servers: servers}}}
	}
	return cluster.Loaded{
		Tally: agent.Tally{
			Read: agent.Kind{
				Ops: operations, Work: 1000, Latency: latency,
				Rounds: map[result.Rounds]int64{{Data: 1, Metadata: 1}: 1490, {Data: 1, Metadata: 2}: 10},
			},
			Rounds: map[int]int64{2: 990, 3: 10}, BusyNs: 8e9,
			Bytes:    result.Traffic{ClientToServer: operations * value / 100, ServerToClient: 2 * operations * value},
			Messages: result.Traffic{ClientToServer: 12_040, ServerToClient: 12_040},
		},
		Seconds: 2, Amplification: 2.5,
		Window: cluster.Interval{ // its readings came late

			From: cluster.Reading{Ns: 1e9, Machines: used(1, 2), Links: link(0, 0)},
			To:   cluster.Reading{Ns: 3.01e9, Machines: used(1.5, 3), Links: link(200e6, 1e6)},
		},
		Whole: cluster.Interval{
			From: cluster.Reading{Ns: 0.5e9, Links: link(0, 0)},
			To:   cluster.Reading{Ns: 4e9, Links: link(2*operations*value, operations*value/100)},
		},
	}
}

func TestFill(t *testing.T) {
	r := newRunner(t, "experiment: x", 1, 3, 1e9)
	r.bench.Manifest.Testbed.Before = []result.Link{{UpMbps: 941, DownMbps: 941}}
	p := &result.Point{
		Series: result.Series{Protocol: "mpowerstore", Variant: "paper", Suite: "paper", Op: "read", T: 1, ValueBytes: 100_000},
		Load:   result.Load{Clients: 4}, Shaped: true, Linearizable: result.Verdict{Code: result.Linearizable},
	}
	if err := r.fill(p, ofLoad(), meetings{}); err != nil {
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
		"model factor":     {p.ModelFactor.ServerToClient, 2.0163, 0.0005}, // candidates and cross-checksums come with the fragments
		"bound":            {p.BoundMBps, 58.37, 0.01},
		"bound ratio":      {p.BoundRatio, 50 / 58.37, 0.001},
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

// A mix has the numbers of each kind apart, and the cost model's are the mean over its operations. READs that met WRITEs may have
// moved nothing, or as much again for each.
func TestFillMixed(t *testing.T) {
	r := newRunner(t, "experiment: x", 1, 3, 1e9)
	r.bench.Manifest.Testbed.Before = []result.Link{{UpMbps: 941, DownMbps: 941}}
	l := ofLoad()
	l.Read.Ops, l.Read.Work = 900, 600
	l.Write = agent.Kind{Ops: 600, Work: 400, Latency: timingOf(20e6, 20e6, 20e6), Rounds: map[result.Rounds]int64{{Data: 3, Metadata: 9}: 600}}
	p := &result.Point{
		Series: result.Series{Protocol: "mpowerstore", Variant: "paper", Suite: "paper", Op: "60% read", T: 1, ValueBytes: 100_000},
		Load:   result.Load{Clients: 4}, Shaped: true, Linearizable: result.Verdict{Code: result.Linearizable},
	}
	if err := r.fill(p, l, meetings{reads: met{share: 0.1, writes: 0.5, more: 0.5}}); err != nil {
		t.Fatal(err)
	}
	reads, writes := p.ReadOps, p.WriteOps
	for name, c := range map[string]struct{ got, want, tolerance float64 }{
		"throughput":            {p.ThroughputOps, 500, 0},
		"of READs":              {reads.ThroughputOps, 300, 1e-9},
		"of WRITEs, MB/s":       {writes.ThroughputMBps, 20, 1e-9},
		"latency of READs":      {reads.LatencyMs.Mean, 8, 1e-9},
		"latency of WRITEs":     {writes.LatencyMs.Mean, 20, 1e-9},
		"latency":               {p.LatencyMs.Mean, (8000. + 60) / 1003, 1e-9},
		"READs in the window":   {float64(reads.Ops), 1000, 0},
		"WRITEs of the load":    {float64(writes.LoadOps), 600, 0},
		"values to servers":     {p.CostFactor.ClientToServer, 0.4 * 2, 1e-3},
		"values from servers":   {p.CostFactor.ServerToClient, 0.6 * 2, 1e-3},
		"model, up":             {p.ModelFactor.ClientToServer, 0.6*reads.ModelFactor.ClientToServer + 0.4*writes.ModelFactor.ClientToServer, 1e-9},
		"model, down":           {p.ModelFactor.ServerToClient, 0.6*reads.ModelFactor.ServerToClient + 0.4*writes.ModelFactor.ServerToClient, 1e-9},
		"least":                 {p.ModelLeast.ServerToClient, p.ModelFactor.ServerToClient - 0.6*0.1*reads.ModelFactor.ServerToClient, 1e-9},
		"most":                  {p.ModelMost.ServerToClient, p.ModelFactor.ServerToClient + 0.6*0.5*reads.ModelFactor.ServerToClient, 1e-9},
		"met":                   {reads.Met + reads.MetShare, 0.6, 1e-9},
		"further rounds of all": {furtherRounds(p), (10 + float64(600*(12-writes.ModelRounds.Total()))) / 1500, 1e-9},
		"bound":                 {p.BoundMBps, 117.69 / max(p.ModelFactor.ClientToServer, p.ModelFactor.ServerToClient), 0.1},
		"predicted":             {p.Predicted.High, 0, 0},
	} {
		if !near(c.got, c.want, c.tolerance) {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
	if h, err := hdrhistogram.Decode([]byte(writes.Histogram)); err != nil || h.TotalCount() != 3 {
		t.Errorf("histogram of WRITEs: %v", err)
	}
}

// Where sizes were drawn, throughput and the cost model are of the mean over the load's operations.
func TestFillDrawnSizes(t *testing.T) {
	r := newRunner(t, "experiment: x", 1, 3, 1e9)
	r.bench.Manifest.Testbed.Before = []result.Link{{UpMbps: 941, DownMbps: 941}}
	of := func(bytes int, s result.Sizes, m meetings) *result.Point {
		p := &result.Point{
			Series: result.Series{Protocol: "mpowerstore", Variant: "paper", Suite: "paper", Op: "read", T: 1, ValueBytes: bytes, Sizes: s},
			Load:   result.Load{Clients: 4}, Shaped: true, Linearizable: result.Verdict{Code: result.Linearizable},
		}
		if err := r.fill(p, ofLoad(), m); err != nil {
			t.Fatal(err)
		}
		return p
	}
	small, large := of(50_000, result.Sizes{}, meetings{}), of(250_000, result.Sizes{}, meetings{})
	asked := result.Sizes{Distribution: result.Weighted, Weights: "50% 50kB, 50% 250kB"}
	drawn := of(150_000, asked, meetings{readSizes: sizes{50_000: 0.75, 250_000: 0.25}})
	down := func(p *result.Point) float64 { return p.ModelFactor.ServerToClient * float64(p.ValueBytes) }
	if want := 0.75*down(small) + 0.25*down(large); !near(down(drawn), want, 1) {
		t.Errorf("the model has %v bytes, want %v", down(drawn), want)
	}
	if drawn.MeanBytes != 100_000 || !near(drawn.ThroughputMBps, 50, 1e-9) || small.MeanBytes != 0 {
		t.Errorf("values of %v bytes, %v MB/s", drawn.MeanBytes, drawn.ThroughputMBps)
	}
	if want := drawn.ThroughputOps * down(drawn) / 117.69e6; !near(drawn.BoundRatio, want, want/1000) {
		t.Errorf("%v of the bound, want %v", drawn.BoundRatio, want)
	}
}

// Where nothing is shaped there is no bound; where nothing ended in the window there is no latency, and no NaN.
func TestFillWithoutNumbers(t *testing.T) {
	r := newRunner(t, "experiment: x", 1, 3, 0)
	l := ofLoad()
	l.Read.Ops, l.Read.Latency = 0, agent.Timing{}
	p := &result.Point{Series: result.Series{Protocol: "mabd", Variant: "paper", Suite: "paper", Op: "write", T: 1, ValueBytes: 100_000}, Load: result.Load{Clients: 4}}
	if err := r.fill(p, l, meetings{}); err != nil {
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
	l := cluster.Loaded{Tally: agent.Tally{
		Bytes:      result.Traffic{ClientToServer: 100, ServerToClient: 880},
		Background: agent.Background{Ops: 3, Bytes: result.Traffic{ClientToServer: 15, ServerToClient: 5}},
	}}
	if got, want := background(l), (result.Background{Ops: 3, Bytes: 20, Share: 0.02}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := background(cluster.Loaded{}); got != (result.Background{}) {
		t.Errorf("without one: %+v", got)
	}
}

// What only an open loop comes to becomes the point's numbers; Little's law has nothing to say of it.
func TestFillOpen(t *testing.T) {
	l := ofLoad()
	l.Open = &agent.Open{
		Arrivals: 700, Backlog: result.Backlog{Begin: 1, End: 6},
		Service: timingOf(2e6, 4e6, 6e6), Slip: timingOf(1e4, 1e4, 7e4),
	}
	p := &result.Point{
		Series: result.Series{Protocol: "mpowerstore", Variant: "paper", Suite: "paper", Op: "read", T: 1, ValueBytes: 100_000},
		Load:   result.Load{Clients: 1, Arrival: result.Poisson, Rate: 500}, Shaped: true, Linearizable: result.Verdict{Code: result.Linearizable},
	}
	r := newRunner(t, "experiment: x", 1, 3, 1e9)
	r.bench.Manifest.Testbed.Before = []result.Link{{UpMbps: 941, DownMbps: 941}}
	if err := r.fill(p, l, meetings{}); err != nil {
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
}

// A point of Pebble alone has what disks and processors tell, and nothing of a network; nothing of it makes it invalid.
func TestFillPebble(t *testing.T) {
	l := cluster.Loaded{
		Tally:   agent.Tally{Write: agent.Kind{Ops: 250, Work: 251, Latency: timingOf(4e6, 4e6, 8e6)}, BusyNs: 8e9, LastNs: 3e9},
		Seconds: 2, Amplification: 2.5,
		Window: cluster.Interval{From: cluster.Reading{Ns: 1e9}, To: cluster.Reading{Ns: 3e9, Machines: map[string]cluster.Machine{"": {Own: result.CPU{Servers: 1.5}}}}},
	}
	p := &result.Point{
		Series: result.Series{Protocol: result.Pebble, Variant: "mpowerstore", Suite: "modern", Op: "write", T: 1, ValueBytes: 100_000},
		Load:   result.Load{Clients: 4}, Linearizable: result.Verdict{Code: result.NoHistory},
	}
	if err := newRunner(t, "experiment: x", 1, 3, 0).fill(p, l, meetings{}); err != nil {
		t.Fatal(err)
	}
	if !p.Valid || p.Servers != 4 || p.Ops != 250 || !near(p.ThroughputMBps, 12.55, 1e-9) || p.CPUS.Servers != 1.5 || p.WriteAmplification != 2.5 {
		t.Errorf("%+v", p)
	}
	if p.ModelFactor != (result.TrafficFactor{}) || p.WireFactor != (result.TrafficFactor{}) || p.BoundMBps != 0 {
		t.Errorf("it has numbers of a network: %+v", p)
	}
}
