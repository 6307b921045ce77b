package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/mabd"
	"github.com/powbench/powbench/protocols/phalanx"
	"github.com/powbench/powbench/transport"
	"github.com/powbench/powbench/workloads"
)

// A whole run: preload, both loads, read back. Bytes are those of the cost model, rounds those of the paper, and the
// history is complete and linearizable.
func TestRun(t *testing.T) {
	each(t, func(t *testing.T, p protocols.Protocol) {
		for faults := 1; faults <= 2; faults++ {
			t.Run(fmt.Sprintf("t=%d", faults), func(t *testing.T) {
				b := newBench(t, p, faults)
				b.preload()
				reads, writes := b.load(protocols.Read, clients), b.load(protocols.Write, clients)
				b.readBack()
				b.wantGauged(reads)
				b.wantGauged(writes)
				b.wantRounds(protocols.Read, faults, reads)
				b.wantRounds(protocols.Write, faults, writes)
				b.wantCost(protocols.Read, faults, reads.Ops(), reads.Bytes)
				b.wantCost(protocols.Write, faults, writes.Ops(), writes.Bytes)
				entries := b.wantLinearizable()
				const readBack = (keys + 1) / 2
				if want := keys + reads.Ops() + writes.Ops() + readBack; int64(len(entries)) != want {
					t.Errorf("the history has %d operations, want %d", len(entries), want)
				}
				for _, e := range entries {
					if e.Bottom {
						t.Errorf("READ of ⊥ after the preload: %+v", e)
					}
				}
			})
		}
	})
}

// A server that is closed under load is a fault, and one is tolerated: no operation fails.
func TestRunWithAClosedServer(t *testing.T) {
	each(t, func(t *testing.T, p protocols.Protocol) {
		b := newBench(t, p, 1)
		b.preload()
		var closing sync.WaitGroup
		closing.Go(func() {
			time.Sleep(30 * time.Millisecond) // into the load
			if err := b.nodes[1].Close(); err != nil {
				t.Error(err)
			}
		})
		b.load(protocols.Write, clients)
		closing.Wait()
		b.load(protocols.Read, clients)
		b.readBack()
		b.wantLinearizable()
	})
}

// Of all clients only the first take part in a load; the window's operations are among the load's.
func TestFewerClients(t *testing.T) {
	b := newBench(t, mabd.Protocol{}, 1)
	r := b.load(protocols.Write, 2)
	if r.Latency().Count() > r.Ops() || r.Latency().Count() == 0 {
		t.Errorf("%d operations ended in the window, %d in all", r.Latency().Count(), r.Ops())
	}
	for _, e := range b.wantLinearizable() {
		if e.Client > 2 {
			t.Fatalf("client %d took part in a load of 2 clients", e.Client)
		}
	}
}

// The end of its context ends a load; what was in progress stays pending in the history, which is still linearizable.
func TestLoadIsStopped(t *testing.T) {
	b := newBench(t, mabd.Protocol{}, 1)
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(50*time.Millisecond, cancel)
	now := clock.Now()
	_, err := b.agents[0].Load(ctx, Spec{
		WriteShare: 1, Load: result.Load{Clients: clients}, Keys: keys, Seed: seed, StartNs: now, EndNs: now + int64(time.Hour),
	})
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("Load: %v", err)
	}
	if r := history.Check(b.history()); r.Code != result.Linearizable {
		t.Errorf("history: %+v", r)
	}
}

// Values carry what checks them: a READ of what another run, with another seed, wrote is an error and corrupt in the
// history, not a value.
func TestForeignValueIsAnError(t *testing.T) {
	b := newBench(t, mabd.Protocol{}, 1)
	b.preload()
	b.agents[0].values = workloads.NewValues(seed + 1)
	failures, err := b.agents[0].Each(b.soon(), EachSpec{Op: protocols.Read, To: keys, Stride: 2})
	if err != nil {
		t.Fatal(err)
	}
	if want := workloads.ErrCorrupt.Error(); failures.Failed != 2 || !strings.Contains(failures.FirstError, want) {
		t.Errorf("READ of another run's values: %+v, want 2 failures, of %s", failures, want)
	}
	entries, corrupt := b.history(), 0
	for _, e := range entries {
		if e.Value == history.Corrupt {
			corrupt++
		}
	}
	if r := history.Check(entries); r.Code != result.Violation || corrupt != 2 {
		t.Errorf("a history with %d corrupt READs, want 2: %+v", corrupt, r)
	}
}

// A start that fails says why and leaves nothing running.
func TestStartFails(t *testing.T) {
	before := runtime.NumGoroutine()
	good := Config{
		Protocol: "mabd", Suite: "modern", T: 1, Servers: []string{"127.0.0.1:1", "127.0.0.1:1", "127.0.0.1:1"},
		Agents: 1, Clients: 1,
	}
	for want, change := range map[string]func(*Config){
		`unknown protocol "paxos"`:     func(c *Config) { c.Protocol = "paxos" },
		`unknown crypto suite "rot13"`: func(c *Config) { c.Suite = "rot13" },
		"127.0.0.1:1":                  func(*Config) {}, // nobody listens there
	} {
		cfg := good
		change(&cfg)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		if _, err := Start(ctx, cfg, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Start: %v, want %q", err, want)
		}
		cancel()
	}
	for deadline := time.Now().Add(patience); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, before %d", runtime.NumGoroutine(), before)
		}
	}
}

// An agent that cannot reach a server gives up in the end, and says which one and why.
func TestServersOutOfReach(t *testing.T) {
	links := transport.Dial(transport.ClientConfig{
		Protocol: "mabd", Servers: []string{"127.0.0.1:1"}, Role: protocols.Writer, Keys: [][]byte{make([]byte, 32)}, NewBody: mabd.Protocol{}.NewBody,
		Log: slog.New(slog.DiscardHandler),
	})
	defer links.Close()
	err := reachAll(t.Context(), links, 50*time.Millisecond)
	for _, want := range []string{"not within 50ms", "server 1 (127.0.0.1:1)", "connection refused", "this host reaches them"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: want %q", err, want)
		}
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := reachAll(ended, links, time.Hour); !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "not within") {
		t.Errorf("the run is over: %v", err)
	}
}

// The agents' shares cover every stride-th key once, however many clients there are; all keys fall to their writers.
func TestShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		agents, clients := rapid.IntRange(1, 5).Draw(t, "agents"), rapid.IntRange(1, 12).Draw(t, "clients")
		from, stride := rapid.IntRange(0, 9).Draw(t, "from"), rapid.IntRange(1, 4).Draw(t, "stride")
		to := from + rapid.IntRange(0, 60).Draw(t, "keys")
		var mu sync.Mutex
		var got, want []int
		for index := range agents {
			a := &Agent{cfg: Config{Index: index, Agents: agents, Clients: clients}}
			for i := index; i < clients; i += agents {
				a.clients = append(a.clients, &loadClient{index: i})
			}
			failures := a.share(EachSpec{From: from, To: to, Stride: stride}, func(c *loadClient, key int) error {
				mu.Lock()
				defer mu.Unlock()
				got = append(got, key)
				if stride == 1 && key%clients != c.index {
					return fmt.Errorf("client %d has key %d", c.index, key)
				}
				return nil
			})
			if failures.Errors() > 0 {
				t.Fatal(failures.FirstError)
			}
		}
		for key := from; key < to; key += stride {
			want = append(want, key)
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Fatalf("keys %v, want %v", got, want)
		}
	})
}

// What fails is counted and told of, and stops the client that it befell, but no other.
func TestShareCountsFailures(t *testing.T) {
	a := &Agent{cfg: Config{Agents: 1, Clients: 2}, clients: []*loadClient{{}, {index: 1}}}
	var done atomic.Int64
	got := a.share(EachSpec{To: 10, Stride: 1}, func(_ *loadClient, key int) error {
		done.Add(1)
		if key == 2 || key == 5 {
			return fmt.Errorf("fault at key %d", key)
		}
		return nil
	})
	if got.Errors() != 2 || got.FirstError != "fault at key 2" || done.Load() != 5 {
		t.Errorf("%+v of %d keys, want 2 errors of 5, the first at key 2", got, done.Load())
	}
}

// While a load warms up its clients begin one after the other, at all agents; without a warm-up all begin at once.
func TestClientsBeginOneAfterTheOther(t *testing.T) {
	b := newBench(t, mabd.Protocol{}, 1)
	b.preload()
	var spec Spec
	b.load(protocols.Read, clients, func(s *Spec) { spec = *s })
	began := map[uint64]int64{} // by process id, from 1
	for _, e := range b.history() {
		if first, ok := began[e.Client]; e.Op == protocols.Read && (!ok || e.Start < first) {
			began[e.Client] = e.Start
		}
	}
	each := (spec.WarmupEndNs - spec.StartNs) / clients
	for i := range int64(clients) {
		if at, due := began[uint64(i)+1], spec.StartNs+i*each; at < due {
			t.Errorf("client %d began %v early, seed %d", i, time.Duration(due-at), spec.Seed)
		}
	}
	w := newWindow(t.Context(), Spec{Load: result.Load{Clients: clients}, StartNs: 7, WarmupEndNs: 7})
	defer w.over()
	if at := b.agents[0].starts(w, b.agents[0].clients[len(b.agents[0].clients)-1]); at != 7 {
		t.Errorf("without a warm-up the last client begins at %d, want 7", at)
	}
}

// Agents and servers count the signatures that they make and verify: one of each WRITE of Phalanx, which each server verifies unless
// it has heard of a later one, as of the first to each key it has not.
func TestSignaturesAreCounted(t *testing.T) {
	b := newBench(t, phalanx.Protocol{}, 1)
	b.preload()
	load := b.load(protocols.Write, clients)
	writes := keys + load.Ops()
	var agents, servers control.Counts
	for _, a := range b.agents {
		n, err := a.Counted(t.Context(), control.Nothing{})
		if err != nil {
			t.Fatal(err)
		}
		agents.SignaturesMade += n.SignaturesMade
	}
	for _, s := range b.nodes {
		n, err := s.Counted(t.Context(), control.Nothing{})
		if err != nil {
			t.Fatal(err)
		}
		servers.SignaturesMade += n.SignaturesMade
		servers.SignaturesVerified += n.SignaturesVerified
	}
	if agents.SignaturesMade != writes {
		t.Errorf("agents made %d signatures for %d WRITEs", agents.SignaturesMade, writes)
	}
	all := int64(len(b.nodes))
	if n := servers; n.SignaturesMade != 0 || n.SignaturesVerified < keys*all || n.SignaturesVerified > writes*all {
		t.Errorf("servers made %d signatures, want none, and verified %d, want %d to %d", n.SignaturesMade, n.SignaturesVerified, keys*all, writes*all)
	}
}
