package load

import (
	"strings"
	"testing"
	"time"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/cluster"
	"github.com/powbench/powbench/harness/result"
)

func TestBottleneck(t *testing.T) {
	const servers, duration = 4, 3
	stall := func(share float64) cluster.Loaded {
		l := cluster.Loaded{Stall: time.Duration(share * servers * duration * float64(time.Second))}
		l.Whole.To.Ns = duration * 1e9
		return l
	}
	for name, c := range map[string]struct {
		link, cpu float64
		l         cluster.Loaded
		want      string
	}{
		"nothing is full":         {0.1, 0.1, stall(0), "latency"},
		"link just not full":      {0.949, 0.1, stall(0), "latency"},
		"link full":               {0.95, 0.1, stall(0), "link"},
		"CPU just not full":       {0.1, 0.799, stall(0), "latency"},
		"CPU full":                {0.1, 0.80, stall(0), "server-cpu"},
		"disk just not stalled":   {0.1, 0.1, stall(0.049), "latency"},
		"disk stalled":            {0.1, 0.1, stall(0.051), "disk"},
		"link and CPU full":       {0.99, 0.99, stall(1), "link"},
		"CPU full, disk stalled":  {0.1, 0.99, stall(1), "server-cpu"},
		"link fuller than itself": {1.2, 0.1, stall(0), "link"},
	} {
		p := &result.Point{LinkShare: c.link, HostCPU: result.HostCPU{Busy: c.cpu}, Servers: servers}
		if got := bottleneck(p, c.l); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	p := &result.Point{HostCPU: result.HostCPU{Busy: 0.9}, CPUS: result.CPU{Clients: 1.1, Servers: 1}}
	if got := bottleneck(p, stall(0)); got != "client-cpu" {
		t.Errorf("clients take more CPU time than servers: %q", got)
	}
	// Of a cluster one machine may be full where all together are not.
	p = &result.Point{HostCPU: result.HostCPU{Busy: 0.5}, CPUS: result.CPU{Clients: 1, Servers: 9}, MachineCPU: map[string]result.MachineCPU{
		"idle": {HostCPU: result.HostCPU{Busy: 0.3}, CPU: result.CPU{Servers: 9}},
		"full": {HostCPU: result.HostCPU{Busy: 0.9}, CPU: result.CPU{Clients: 1}},
	}}
	if got := bottleneck(p, stall(0)); got != "client-cpu" {
		t.Errorf("the machine with the clients is full: %q", got)
	}
}

// validPoint is a point with nothing against it.
func validPoint() *result.Point {
	return &result.Point{
		Ops: 1000, LoadOps: 2000, Series: result.Series{ValueBytes: 1000}, DurationS: 1, Shaped: true,
		Bottleneck: "link", LittleRatio: 1, Linearizable: result.Verdict{Code: result.Linearizable},
		WireFactor:  result.TrafficFactor{ClientToServer: 2, ServerToClient: 0},
		ModelFactor: result.TrafficFactor{ClientToServer: 2, ServerToClient: 0},
		ModelLeast:  result.TrafficFactor{ClientToServer: 2, ServerToClient: 0},
		LinkBytes:   result.Traffic{ClientToServer: 2 * 2000 * 1000},
	}
}

// repaired makes a tenth of the operations of the point take one more round than the model's, on four servers. It returns the
// values per operation to the servers that are possible then.
func repaired(p *result.Point) float64 {
	p.Servers, p.ModelRounds = 4, result.Rounds{Data: 1}
	p.RoundKinds = map[result.Rounds]int64{{Data: 1}: 1800, {Data: 2}: 200}
	p.LinkBytes.ClientToServer = 2.2 * 2000 * 1000
	return 2 + 0.1*4
}

// twoMachines are two of a cluster, on one of which other work takes that share.
func twoMachines(name string, foreign float64) map[string]result.MachineCPU {
	return map[string]result.MachineCPU{"n1": {}, name: {HostCPU: result.HostCPU{Foreign: foreign}}}
}

// Every rule at both sides of its boundary: what it lets pass, and what it says of what it does not.
func TestInvalidReason(t *testing.T) {
	type point = result.Point
	const model = " values per operation client → server, the cost model says 2.000"
	const taken = "other work took the CPU away: "
	const cores = ofMachines
	for name, c := range map[string]struct {
		change func(p *point)
		want   string // of the reason; empty if the point is valid
	}{
		"nothing":          {func(*point) {}, ""},
		"one error":        {func(p *point) { p.Errors = 1 }, "1 operations failed, the first: broken"},
		"no operation":     {func(p *point) { p.Ops, p.LittleRatio = 0, 0 }, "no operation ended in the window"},
		"a violation":      {func(p *point) { p.Linearizable.Code = result.Violation }, "history: violation"},
		"unknown history":  {func(p *point) { p.Linearizable.Code = result.Unknown }, "history: unknown"},
		"Little too low":   {func(p *point) { p.LittleRatio = 0.969 }, "spent 0.97 of their time on operations and 0.00 between"},
		"Little low":       {func(p *point) { p.LittleRatio = 0.971 }, ""},
		"Little high":      {func(p *point) { p.LittleRatio = 1.029 }, ""},
		"Little too high":  {func(p *point) { p.LittleRatio = 1.031 }, "spent 1.03 of their time on operations"},
		"Little of few":    {func(p *point) { p.Clients, p.Ops, p.LittleRatio = 1, 10, 1.031 }, "Little's law is off"},
		"a slow generator": {func(p *point) { p.LittleRatio, p.BetweenShare = 0.86, 0.14 }, ""},
		"one that is lost": {func(p *point) { p.LittleRatio, p.BetweenShare = 0.86, 0.10 }, "0.86 of their time on operations and 0.10 between"},
		"too slow a one":   {func(p *point) { p.LittleRatio, p.BetweenShare = 0.84, 0.16 }, "16 % of their time between operations"},
		"at the bound":     {func(p *point) { p.BoundRatio = 1.009 }, ""},
		"above the bound":  {func(p *point) { p.BoundRatio = 1.011 }, "throughput is 101.1 % of what the links carry"},
		"few at the bound": {func(p *point) { p.Clients, p.Ops, p.BoundRatio = 8, 40, 1.059 }, ""},
		"many at it":       {func(p *point) { p.Clients, p.Ops, p.BoundRatio = 32, 128, 1.046 }, ""},
		"many above it":    {func(p *point) { p.Clients, p.Ops, p.BoundRatio = 32, 128, 1.047 }, "throughput is 104.7 %"},
		"few above it":     {func(p *point) { p.Clients, p.Ops, p.BoundRatio = 8, 40, 1.061 }, "throughput is 106.1 %"},
		"just enough":      {func(p *point) { p.Clients, p.Ops = 8, 24 }, ""},
		"too few":          {func(p *point) { p.Clients, p.Ops = 8, 23 }, "23 operations of 8 clients ended in the window of 1.0 s, which takes 3 for each client: raise phases.longest"},
		"nothing to judge": {func(p *point) { p.Clients, p.Ops, p.BoundRatio = 8, 6, 1.32 }, "6 operations of 8 clients"},
		"few of a pool":    {func(p *point) { p.Clients, p.Ops, p.Arrival, p.Rate, p.Arrivals = 8, 6, result.Fixed, 6, 6 }, ""},
		"drains":           {func(p *point) { p.Overtaken, p.TailMs, p.DrainMs = 1, 100, 349 }, ""},
		"drains for long":  {func(p *point) { p.Overtaken, p.TailMs, p.DrainMs = 1, 100, 351 }, "servers owed replies for 0.3 s after the load"},
		"nobody waited":    {func(p *point) { p.Owed, p.TailMs, p.DrainMs = result.Ignored, 100, 351 }, "servers owed replies for 0.3 s after the load"},
		"all waited":       {func(p *point) { p.TailMs, p.DrainMs = 100, 1200 }, ""},
		"of a long window": {func(p *point) { p.Overtaken, p.DurationS, p.DrainMs = 1, 10, 999 }, ""},
		"a long latency":   {func(p *point) { p.LatencyMs.Max = 99e3 }, ""},
		"too long to tell": {func(p *point) { p.LatencyMs.Max = 100e3 }, "a latency exceeds 1m40s"},
		"acknowledgements": {func(p *point) { p.LinkBytes.ServerToClient, p.Probe = 96_000, &result.MeasuredDelay{} }, ""},
		"more than can be": {func(p *point) { p.LinkBytes.ServerToClient, p.Probe = 100_000, &result.MeasuredDelay{} }, "the interface counted 0.050"},
		"too many of them": {func(p *point) { p.LinkBytes.ServerToClient = 22_000 }, "the interface counted 0.011"},
		"much traffic":     {func(p *point) { p.WireFactor.ClientToServer = 2.019 }, ""},
		"too much traffic": {func(p *point) { p.WireFactor.ClientToServer = 2.021 }, "the transport counted 2.021" + model},
		"less traffic":     {func(p *point) { p.WireFactor.ClientToServer = 1.981 }, ""},
		"too few bytes":    {func(p *point) { p.WireFactor.ClientToServer = 1.979 }, "the transport counted 1.979" + model},
		"servers that lag": {func(p *point) { p.ModelMost.ServerToClient, p.WireFactor.ServerToClient = 0.5, 0.509 }, ""},
		"unwritten keys":   {func(p *point) { p.ModelLeast.ClientToServer, p.WireFactor.ClientToServer = 1.5, 1.481 }, ""},
		"not that little":  {func(p *point) { p.ModelLeast.ClientToServer, p.WireFactor.ClientToServer = 1.5, 1.479 }, "counted 1.479"},
		"not that much":    {func(p *point) { p.ModelMost.ServerToClient, p.WireFactor.ServerToClient = 0.5, 0.511 }, "counted 0.511 values per operation server → client"},
		"repairs":          {func(p *point) { p.WireFactor.ClientToServer = repaired(p) + 0.019 }, ""},
		"not only repairs": {func(p *point) { p.WireFactor.ClientToServer = repaired(p) + 0.021 }, "counted 2.421" + model},
		"sent again":       {func(p *point) { p.LinkBytes.ClientToServer, p.Retransmitted.ClientToServer = 4_200_000, 180_000 }, ""},
		"lost before":      {func(p *point) { p.Retransmitted = result.Traffic{ClientToServer: 1 << 20, ServerToClient: 1 << 20} }, ""},
		"not sent again":   {func(p *point) { p.LinkBytes.ClientToServer, p.Retransmitted.ClientToServer = 4_200_000, 100_000 }, "the interface counted 2.050"},
		"the other way":    {func(p *point) { p.LinkBytes.ClientToServer, p.Retransmitted.ServerToClient = 4_200_000, 180_000 }, "the interface counted 2.100"},
		"missing":          {func(p *point) { p.LinkBytes.ClientToServer, p.Retransmitted.ClientToServer = 3_900_000, 180_000 }, "the interface counted 1.950"},
		"few messages":     {func(p *point) { p.BetweenFactor, p.ModelBetweenLeast, p.ModelBetween = 8.901, 9, 10 }, ""},
		"fewer messages":   {func(p *point) { p.BetweenFactor, p.ModelBetweenLeast, p.ModelBetween = 8.899, 9, 10 }, "servers exchanged 8.899 values per operation, the cost model says 9.000 to 10.000"},
		"many messages":    {func(p *point) { p.BetweenFactor, p.ModelBetweenLeast, p.ModelBetween = 10.099, 9, 10 }, ""},
		"more messages":    {func(p *point) { p.BetweenFactor, p.ModelBetweenLeast, p.ModelBetween = 10.101, 9, 10 }, "servers exchanged 10.101"},
		"small headers":    {func(p *point) { p.WireFactor.ServerToClient = 0.009 }, ""},
		"large headers":    {func(p *point) { p.WireFactor.ServerToClient = 0.011 }, "server → client, the cost model says 0"},
		"much on the link": {func(p *point) { p.LinkBytes.ClientToServer = 4_038_000 }, ""},
		"resent segments":  {func(p *point) { p.LinkBytes.ClientToServer = 4_042_000 }, "the interface counted 2.021" + model},
		"not on this link": {func(p *point) { p.LinkBytes.ClientToServer = 0 }, "the interface counted 0.000" + model},
		"a busy ceiling": {
			func(p *point) {
				p.Linearizable.Code, p.Bottleneck, p.GeneratorS = result.NoHistory, result.OfClientCPU, cores
			}, "",
		},
		"no history":       {func(p *point) { p.Linearizable.Code = result.NoHistory }, ""},
		"unlimited":        {func(p *point) { p.Shaped, p.LinkBytes.ClientToServer = false, 4_042_000 }, "the interface counted 2.021" + model},
		"unshaped":         {func(p *point) { p.Shaped, p.LinkBytes.ClientToServer = false, 0 }, ""},
		"some steal":       {func(p *point) { p.HostCPU.Steal = 0.10 }, ""},
		"much steal":       {func(p *point) { p.HostCPU.Steal = 0.11 }, taken + "11 % other machines, 0 % other processes"},
		"some other work":  {func(p *point) { p.HostCPU.Foreign = 0.20 }, ""},
		"much other work":  {func(p *point) { p.HostCPU.Foreign = 0.21 }, taken + "0 % other machines, 21 % other processes"},
		"work on one":      {func(p *point) { p.MachineCPU = twoMachines("n2", 0.21) }, "other work took the CPU of n2 away: 0 % other machines, 21 %"},
		"a bit on one":     {func(p *point) { p.HostCPU.Foreign, p.MachineCPU = 0.21, twoMachines("n2", 0.19) }, ""},
		"busy clients":     {func(p *point) { p.CPUS.Clients = cores }, ""},
		"CPU, by clients":  {func(p *point) { p.Bottleneck, p.GeneratorS = "client-cpu", 0.099*cores }, ""},
		"generators":       {func(p *point) { p.Bottleneck, p.GeneratorS = "client-cpu", 0.11*cores }, "took 11 % of all cores"},
		"beside servers":   {func(p *point) { p.Bottleneck, p.GeneratorS = "server-cpu", 0.11*cores }, "took 11 % of all cores"},
		"of little effect": {func(p *point) { p.Bottleneck, p.GeneratorS = "link", 0.5*cores }, ""},
		"a probe in time":  {func(p *point) { p.Probe = &result.MeasuredDelay{} }, ""},
		"a late probe":     {func(p *point) { p.Probe = &result.MeasuredDelay{Off: "mean 22 ms"} }, "mean 22 ms"},
		"two things at once": {
			func(p *point) { p.LittleRatio, p.HostCPU.Steal = 2, 0.5 }, "between them; " + taken + "50 %",
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := validPoint()
			c.change(p)
			judge(p, cluster.Loaded{Tally: agent.Tally{FirstError: "broken"}}, ofMachines)
			if p.Valid != (c.want == "") || !strings.Contains(p.InvalidReason, c.want) {
				t.Errorf("%q, want %q", p.InvalidReason, c.want)
			}
		})
	}
}

// ofMachines is the cores of all machines of a run: rules count those, whatever this machine has.
const ofMachines = 28

// Who lost the CPU to others is not told that it was the load generators' fault as well.
func TestDisturbedIsNotBlamed(t *testing.T) {
	p := validPoint()
	p.Bottleneck, p.GeneratorS, p.HostCPU.Steal = "client-cpu", 1, 0.3
	if judge(p, cluster.Loaded{}, ofMachines); !p.Disturbed() || strings.Contains(p.InvalidReason, "load generators") {
		t.Errorf("disturbed %v: %q", p.Disturbed(), p.InvalidReason)
	}
	if p = validPoint(); p.Disturbed() {
		t.Error("a point without disturbance is disturbed")
	}
}

// Both rules at both sides of their boundaries, for 1000 arrivals and 10 clients.
func TestOpenReasons(t *testing.T) {
	type point = result.Point
	for name, c := range map[string]struct {
		change func(p *point)
		want   string // of the reason; empty if the point is valid
	}{
		"nothing":                      {func(*point) {}, ""},
		"no clients' law":              {func(p *point) { p.LittleRatio = 0.3 }, ""},
		"some slip":                    {func(p *point) { p.SlipMs.Mean = 0.999 }, ""},
		"much slip":                    {func(p *point) { p.SlipMs.Mean = 1.001 }, "late by 1.00 ms, p99 0.00 ms, that took 10.00 ms"},
		"some late operations":         {func(p *point) { p.SlipMs.P99 = 1.999 }, ""},
		"late operations":              {func(p *point) { p.SlipMs.P99 = 2.001 }, "p99 2.00 ms, that took 10.00 ms, p99 20.00 ms"},
		"a timer's, short service":     {func(p *point) { p.ServiceMs.Mean, p.SlipMs.Mean = 0.2, 0.099 }, ""},
		"more than a timer's":          {func(p *point) { p.ServiceMs.Mean, p.SlipMs.Mean = 0.2, 0.101 }, "late by 0.10 ms"},
		"late, but not by much":        {func(p *point) { p.ServiceMs.P99, p.SlipMs.P99 = 2, 0.99 }, ""},
		"late operations that are few": {func(p *point) { p.ServiceMs.P99, p.SlipMs.P99 = 2, 1.01 }, "p99 1.01 ms, that took"},
		"the backlog grows":            {func(p *point) { p.Backlog = result.Backlog{Begin: 5, End: 65} }, ""},
		"too much":                     {func(p *point) { p.Backlog = result.Backlog{Begin: 5, End: 66} }, "the backlog grew from 5 to 66"},
		"overload": {
			func(p *point) { p.Backlog.End = 900 }, "beyond saturation: 500/s were offered, 312/s completed",
		},
		"a closed loop": {func(p *point) { p.Arrival, p.LittleRatio, p.Backlog.End = result.Closed, 1, 900 }, ""},
	} {
		p := validPoint()
		p.Load, p.Arrivals, p.ThroughputOps = result.Load{Clients: 10, Arrival: result.Fixed, Rate: 500}, 1000, 312
		p.ServiceMs.Mean, p.ServiceMs.P99 = 10, 20
		c.change(p)
		if judge(p, cluster.Loaded{}, ofMachines); p.Valid != (c.want == "") || !strings.Contains(p.InvalidReason, c.want) {
			t.Errorf("%s: %q, want %q", name, p.InvalidReason, c.want)
		}
		if late := strings.Contains(c.want, "late by") || strings.Contains(c.want, "that took"); p.Disturbed() != late {
			t.Errorf("%s: worth another attempt: %v", name, !late)
		}
	}
}

// What liars move is in no cost model; all else is asked of a point under attack, too.
func TestAttackedPoints(t *testing.T) {
	p := validPoint()
	p.Attack, p.WireFactor.ClientToServer, p.LinkBytes.ClientToServer, p.ModelBetween = "B1", 9, 0, 5
	if judge(p, cluster.Loaded{}, ofMachines); !p.Valid {
		t.Errorf("bytes under attack: %s", p.InvalidReason)
	}
	p.Errors = 1
	if judge(p, cluster.Loaded{}, ofMachines); p.Valid {
		t.Error("an operation that failed under attack")
	}
}
