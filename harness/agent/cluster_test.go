package agent

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"testing"
	"time"

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/node"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/catalog"
	"github.com/powbench/powbench/protocols/suite"
)

const (
	patience   = 30 * time.Second // bounds every wait of a test that should end at once
	agents     = 2
	clients    = 5 // of both agents: an odd number, so that they do not have the same
	keys       = 7
	valueBytes = 128 << 10
	seed       = 2013
)

// bench is a cluster's servers and the agents that load them, in this process.
type bench struct {
	t              *testing.T
	protocol       protocols.Protocol
	faults         int
	writer, reader suite.ClientKeys
	nodes          []*node.Node
	addrs          []string
	agents         []*Agent
}

func newBench(t *testing.T, p protocols.Protocol, faults int, change ...func(addrs []string)) *bench {
	t.Helper()
	b := newServers(t, p, faults, "", 0)
	for _, f := range change {
		f(b.addrs)
	}
	for i := range agents {
		b.agents = append(b.agents, b.start(func(c *Config) { c.Index, c.Agents, c.Clients = i, agents, clients }))
	}
	return b
}

// newServers starts servers without agents; the first few take part in the attack.
func newServers(t *testing.T, p protocols.Protocol, faults int, attack string, attackers int) *bench {
	t.Helper()
	b := &bench{t: t, protocol: p, faults: faults}
	keys, writer, reader, err := protocols.GenerateKeys(p, faults, suite.Modern(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	b.writer, b.reader = writer, reader
	for i, k := range keys {
		cfg := node.Config{
			Protocol: protocols.NameOf(p), Suite: "modern", T: faults, Index: i, Keys: k, Listen: "127.0.0.1:0",
			Durability: protocols.Volatile,
		}
		if i < attackers {
			cfg.Attack, cfg.AttackSeed = attack, seed
		}
		n, err := node.Start(t.Context(), cfg, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = n.Close() })
		b.nodes, b.addrs = append(b.nodes, n), append(b.addrs, n.Addr().String())
	}
	for _, n := range b.nodes {
		if _, err := n.Connect(t.Context(), b.addrs); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// config is that of one agent for all clients.
func (b *bench) config(change func(*Config)) Config {
	cfg := Config{
		Protocol: protocols.NameOf(b.protocol), Suite: "modern", T: b.faults, Keys: b.writer, Servers: b.addrs,
		Agents: 1, Clients: clients, ValueBytes: valueBytes, Seed: seed,
	}
	change(&cfg)
	return cfg
}

func (b *bench) start(change func(*Config)) *Agent {
	b.t.Helper()
	a, err := Start(b.soon(), b.config(change), slog.New(slog.DiscardHandler))
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = a.Close() })
	return a
}

// soon ends when a test has waited too long.
func (b *bench) soon() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	b.t.Cleanup(cancel)
	return ctx
}

// onAgents does something with all agents at once.
func (b *bench) onAgents(do func(i int, a *Agent) error) {
	b.t.Helper()
	errs := make(chan error, len(b.agents))
	for i, a := range b.agents {
		go func() { errs <- do(i, a) }()
	}
	for range b.agents {
		if err := <-errs; err != nil {
			b.t.Fatal(err)
		}
	}
}

func (b *bench) preload() {
	b.t.Helper()
	b.beside(EachSpec{Op: protocols.Write, To: keys, Stride: 1})
}

func (b *bench) readBack() {
	b.t.Helper()
	b.beside(EachSpec{Op: protocols.Read, To: keys, Stride: 2})
}

// beside has all agents run operations beside the load, of which none may fail.
func (b *bench) beside(spec EachSpec) {
	b.t.Helper()
	b.onAgents(func(_ int, a *Agent) error {
		tally, err := a.Each(b.soon(), spec)
		if tally.Errors() > 0 {
			err = errors.Join(err, fmt.Errorf("%d failures, the first: %s", tally.Errors(), tally.FirstError))
		}
		return err
	})
}

// load runs a short load of n clients and returns the agents' tallies in one.
func (b *bench) load(op protocols.Op, n int, change ...func(*Spec)) (sum Tally) {
	b.t.Helper()
	start := clock.Now()
	spec := Spec{
		Load: result.Load{Clients: n}, Keys: keys, Seed: seed,
		StartNs: start, WarmupEndNs: start + int64(20*time.Millisecond), EndNs: start + int64(120*time.Millisecond),
	}
	if op == protocols.Write {
		spec.WriteShare = 1
	}
	for _, f := range change {
		f(&spec)
	}
	tallies := make([]Tally, len(b.agents))
	b.onAgents(func(i int, a *Agent) (err error) {
		if tallies[i], err = a.Load(b.soon(), spec); err != nil {
			return err
		}
		noTime, cancel := context.WithCancel(context.Background())
		cancel()
		return a.links.Quiesce(noTime) // the links are at rest already: all bytes have been counted
	})
	for i := range tallies {
		sum.Merge(&tallies[i])
	}
	if sum.Errors() > 0 || sum.Ops() == 0 {
		b.t.Errorf("%s: %d operations, %d errors: %s", op, sum.Ops(), sum.Errors(), sum.FirstError)
	}
	return sum
}

// varies reports whether an operation may take other rounds when it meets WRITEs in progress: a READ to repair, and also a
// WRITE to listen, where servers that talk come to have a timestamp one after the other.
func (b *bench) varies(op protocols.Op, faults int) bool {
	is := b.protocol.Traits(faults)
	return is.Repairs && (op == protocols.Read || is.Peers)
}

// wantRounds expects of every operation the rounds of the cost model, and to and from every server a message in each.
func (b *bench) wantRounds(op protocols.Op, faults int, r Tally) {
	b.t.Helper()
	var want result.Rounds
	want.Data, want.Metadata = b.protocol.Traits(faults).Rounds(op)
	if b.varies(op, faults) {
		if r.Messages.ClientToServer < r.Ops()*int64(want.Total()*b.protocol.Traits(faults).Servers) {
			b.t.Errorf("%s: messages %+v of %d operations, want %v at least", op, r.Messages, r.Ops(), want)
		}
		return
	}
	window := r.Latency()
	if got := r.Kinds(); r.Rounds[want.Total()] != window.Count() || len(got) != 1 || got[want] != r.Ops() {
		b.t.Errorf("%s: rounds %v and %v, want %v for each of %d operations", op, r.Rounds, got, want, r.Ops())
	}
	messages := r.Ops() * int64(want.Total()*b.protocol.Traits(faults).Servers)
	if r.Messages != (result.Traffic{ClientToServer: messages, ServerToClient: messages}) {
		b.t.Errorf("%s: messages %+v, want %d each way", op, r.Messages, messages)
	}
}

// wantCost expects the bytes of a load to be those of the cost model, within 3 % of the value at least.
func (b *bench) wantCost(op protocols.Op, faults int, ops int64, bytes result.Traffic) {
	b.t.Helper()
	cost := b.protocol.Traits(faults).Cost(op)
	for direction, c := range map[string]struct {
		bytes int64
		model float64
	}{"to servers": {bytes.ClientToServer, cost.ClientToServers}, "to clients": {bytes.ServerToClient, cost.ServersToClient}} {
		factor := float64(c.bytes) / float64(ops*valueBytes)
		more := b.varies(op, faults) && factor > c.model
		if !more && math.Abs(factor-c.model) > 0.03*max(1, c.model) {
			b.t.Errorf("%s: %.3f values per operation %s, the cost model says %.3f", op, factor, direction, c.model)
		}
	}
}

// history is that of all agents.
func (b *bench) history() (all []history.Entry) {
	b.t.Helper()
	for _, a := range b.agents {
		entries, err := a.History(b.t.Context(), 0)
		if err != nil {
			b.t.Fatal(err)
		}
		if rest, err := a.History(b.t.Context(), len(entries)); err != nil || len(rest) > 0 {
			b.t.Fatalf("%d entries follow %d: %v", len(rest), len(entries), err)
		}
		all = append(all, entries...)
	}
	return all
}

// wantLinearizable expects the history to be linearizable, with no operation pending, and returns it.
func (b *bench) wantLinearizable() []history.Entry {
	b.t.Helper()
	entries := b.history()
	if r := history.Check(entries); r.Code != result.Linearizable || r.Detail != "" {
		b.t.Errorf("history: %+v", r)
	}
	for _, e := range entries {
		if e.Outcome != history.OK {
			b.t.Errorf("not completed: %+v", e)
		}
	}
	return entries
}

// each runs the test for every protocol.
func each(t *testing.T, test func(t *testing.T, p protocols.Protocol)) {
	t.Helper()
	for _, p := range catalog.All() {
		t.Run(protocols.NameOf(p), func(t *testing.T) { test(t, p) })
	}
}
