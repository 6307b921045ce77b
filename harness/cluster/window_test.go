package cluster

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/testbed"
	"github.com/powbench/powbench/netem"
)

// What servers owe more at the window's end than at its beginning is not throughput yet.
func TestThroughput(t *testing.T) {
	l := Loaded{Seconds: 2}
	l.Read.Ops, l.Write.Ops, l.Read.Work, l.Write.Work = 80, 20, 45, 15 // of 100 operations of 30 bytes, 60 fell into the window
	l.Bytes = result.Traffic{ClientToServer: 1000, ServerToClient: 2000}
	for ahead, want := range map[int64]float64{0: 30, 300: 25, -300: 35} {
		l.Ahead = ahead
		if got := l.Throughput(); math.Abs(got-want) > 1e-9 {
			t.Errorf("with %d bytes more owed: %v operations a second, want %v", ahead, got, want)
		}
	}
	if got := (Loaded{Seconds: 2}).Throughput(); got != 0 {
		t.Errorf("of nothing: %v operations a second", got)
	}
}

func TestHostCPUShares(t *testing.T) {
	// 10 s on 2 cores: 20 CPU seconds
	one := func(m Machine) Reading { return Reading{Machines: map[string]Machine{"": m}} }
	from := one(Machine{testbed.CPU{Total: 100, Idle: 50, Steal: 1}, result.CPU{Clients: 3, Servers: 4}})
	for name, c := range map[string]struct {
		idle, steal, clients, servers float64 // CPU seconds meanwhile
		want                          result.HostCPU
	}{
		"idle":            {20, 0, 0, 0, result.HostCPU{}},
		"only ours":       {10, 0, 4, 6, result.HostCPU{Busy: 0.5}},
		"others":          {10, 0, 1, 4, result.HostCPU{Busy: 0.5, Foreign: 0.25}},
		"stolen":          {10, 5, 2, 3, result.HostCPU{Busy: 0.5, Steal: 0.25}},
		"all of it":       {0, 2, 3, 5, result.HostCPU{Busy: 1, Foreign: 0.5, Steal: 0.1}},
		"clocks disagree": {18, 0, 2, 1, result.HostCPU{Busy: 0.1}}, // ours cannot be more than all: no negative share
	} {
		to := one(Machine{
			testbed.CPU{Total: 120, Idle: 50 + c.idle, Steal: 1 + c.steal},
			result.CPU{Clients: 3 + c.clients, Servers: 4 + c.servers},
		})
		got := Interval{from, to}.HostCPU()
		for share, d := range map[string]float64{
			"busy": got.Busy - c.want.Busy, "foreign": got.Foreign - c.want.Foreign, "steal": got.Steal - c.want.Steal,
		} {
			if math.Abs(d) > 1e-9 {
				t.Errorf("%s: %+v, want %+v (%s)", name, got, c.want, share)
			}
		}
		if cpu := (Interval{from, to}).CPU(); cpu != (result.CPU{Clients: c.clients, Servers: c.servers}) {
			t.Errorf("%s: CPU %+v", name, cpu)
		}
	}
	if got := (Interval{from, from}).HostCPU(); got != (result.HostCPU{}) {
		t.Errorf("no time at all: %+v", got)
	}
	if by := (Interval{from, from}).MachineCPU(); by != nil {
		t.Errorf("one machine, by name: %+v", by)
	}
}

// Of a cluster each machine has shares of its own, and all together those of all cores.
func TestMachineCPU(t *testing.T) {
	// 10 s: two cores here, and six there, where others took one for half of the time
	i := Interval{
		From: Reading{Machines: map[string]Machine{"here": {}, "there": {}}},
		To: Reading{Machines: map[string]Machine{
			"here":  {testbed.CPU{Total: 20, Idle: 10}, result.CPU{Clients: 9, Servers: 1}},
			"there": {testbed.CPU{Total: 60, Idle: 30, Steal: 6}, result.CPU{Servers: 18}},
		}},
	}
	by := i.MachineCPU()
	if here := (result.MachineCPU{HostCPU: result.HostCPU{Busy: 0.5}, CPU: result.CPU{Clients: 9, Servers: 1}}); by["here"] != here {
		t.Errorf("here: %+v", by["here"])
	}
	there := result.MachineCPU{HostCPU: result.HostCPU{Busy: 0.5, Foreign: 0.1, Steal: 0.1}, CPU: result.CPU{Servers: 18}}
	if len(by) != 2 || by["there"] != there {
		t.Errorf("there: %+v", by["there"])
	}
	if all := (result.HostCPU{Busy: 0.5, Foreign: 6. / 80, Steal: 6. / 80}); i.HostCPU() != all || i.CPU() != (result.CPU{Clients: 9, Servers: 19}) {
		t.Errorf("together: %+v, %+v", i.HostCPU(), i.CPU())
	}
}

// Payload is frames without their headers, summed over the hosts: host → switch is what servers send. The kernel's
// counters of packets wrap around.
func TestPayload(t *testing.T) {
	const header = 66 // Ethernet, IPv4 and TCP with timestamps
	count := func(bytes uint64, packets uint32) netem.Direction {
		return netem.Direction{Bytes: bytes, Packets: packets}
	}
	i := Interval{
		From: Reading{Ns: 1e9, Links: []netem.Counters{
			{Up: count(1000, 10), Down: count(500, math.MaxUint32-1)}, {Up: count(7, 1)},
		}},
		To: Reading{Ns: 3.5e9, Links: []netem.Counters{
			{Up: count(1000+3*1514, 13), Down: count(500+4*header+9, 2)}, {Up: count(7+header+100, 2)},
		}},
	}
	want := result.Traffic{ServerToClient: 3*1448 + 100, ClientToServer: 9}
	if got := i.Payload(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := i.Seconds(); got != 2.5 {
		t.Errorf("%v s, want 2.5", got)
	}
	if got := (Interval{}).Payload(); got != (result.Traffic{}) {
		t.Errorf("unshaped: %+v", got)
	}
}

// slow is a generator whose answers take longer than the coordinator gives notice of a window's end.
type slow struct {
	generator

	counted, closed int64 // the instants at which operations were counted, and at which the window ends
}

func (s *slow) ended(ctx context.Context) (int64, error) {
	err := clock.Sleep(ctx, 2*notice)
	s.counted = clock.Now()
	return 3, err
}

func (s *slow) close(_ context.Context, ns int64) error {
	s.closed = ns
	return nil
}

// All operations that were enough to end the window lie in it, however long the answer takes that counts them; unless it
// would last too long.
func TestWindowHoldsWhatEndsIt(t *testing.T) {
	for name, longest := range map[string]time.Duration{"in time": time.Hour, "too long": notice + notice/2} {
		var by slow
		begin := clock.Now()
		spec := agent.Spec{WarmupEndNs: begin, EndNs: begin + int64(notice), LatestNs: begin + int64(longest)}
		ends, err := closeWindow(t.Context(), spec, &by, 3)
		if err != nil || ends != by.closed {
			t.Fatalf("%s: ends at %d, agents heard of %d: %v", name, ends, by.closed, err)
		}
		if ends < by.counted && ends != spec.LatestNs {
			t.Errorf("%s: ends %v before the operations in it were counted", name, time.Duration(by.counted-ends))
		}
		if ends > spec.LatestNs {
			t.Errorf("%s: ends %v after the latest instant", name, time.Duration(ends-spec.LatestNs))
		}
	}
}
