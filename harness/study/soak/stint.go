package soak

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/cluster"
	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/workloads"
)

// What all stints have in common. There are as many keys as clients, so that each client has its own where a key has one writer, and
// few enough for operations to meet.
const (
	suiteName    = result.Modern
	valueBytes   = 4096
	agents       = 2
	agentClients = 4 // of each agent
	clients      = agentClients * (agents + 1)
	keys         = clients
	patience     = 10 * time.Second // after which an operation hangs
)

// hostilePID is the process id of the first hostile reader, far from those of others.
const hostilePID = agent.IncarnationPIDs / 2

// serverMiB is what a server's process may have resident.
const serverMiB = 256

// stint is one protocol under one fault: a task of the study.
type stint struct {
	*soak
	number   int
	protocol protocols.Protocol
	fault    Fault
	attack   byzantine.Attack // of a fault that is one
	seed     uint64

	cluster *cluster.Cluster
	late    *control.Client // an agent beside those of the load, for faults that need one
	checked history.Windows
	began   int64   // ns on the run's clock
	keeps   []int64 // bytes that each server keeps for ever of one WRITE, where known
	known   bool
	series  map[string]*series // of each life of each process
	lives   map[int]int        // how often each server was started again
	mu      sync.Mutex         // of out
	out     result.Stint
}

// Name implements study.Task.
func (s *stint) Name() string {
	return fmt.Sprintf("%d %s under %s", s.number, protocols.NameOf(s.protocol), s.fault.Name)
}

// Do implements study.Task. An interrupted stint counts for what it found until then.
func (s *stint) Do(ctx context.Context, _ int) (result.Line, string, error) {
	s.out = result.Stint{
		Number: s.number, Protocol: protocols.NameOf(s.protocol), Fault: s.fault.Name, Attack: s.attack.ID, T: s.T,
		Servers: s.protocol.Traits(s.T).Servers, Seed: s.seed, Started: time.Now().UTC().Format(time.RFC3339),
	}
	s.series, s.lives = map[string]*series{}, map[int]int{}
	defer func() { s.series, s.cluster, s.late, s.checked = nil, nil, nil, history.Windows{} }() // others follow for hours
	began := time.Now()
	log := filepath.Join(s.bench.Dir, result.LogDir, fmt.Sprintf("stint-%d.log", s.number))
	err := cluster.Run(ctx, s.bench.Testbed, log, s.spec(), s.play)
	if err != nil && ctx.Err() == nil { // such as a process that ended by itself: somebody would have to start it again
		s.violate("%v", err)
	}
	s.out.Seconds = time.Since(began).Seconds()
	s.out.Leaks = s.leaks()
	if s.out.Held() { // what servers complained of were the faults
		if err := ignoreGone(os.Remove(log)); err != nil {
			return nil, "", err
		}
	}
	err = s.end(s.out)
	if ctx.Err() != nil {
		return nil, "", errors.Join(context.Cause(ctx), err)
	}
	return s.out, s.out.Text(), err
}

// spec is the cluster of the stint.
func (s *stint) spec() cluster.Spec {
	liars := map[int]string{}
	if s.attack.Server != nil {
		for i := range s.T {
			liars[i] = s.attack.ID
		}
	}
	return cluster.Spec{
		Protocol: s.protocol, Suite: suiteName, T: s.T, Durability: s.Durability, ValueBytes: valueBytes, Clients: clients,
		Seed: s.seed, Liars: liars, Latecomers: 1,
	}
}

// play goes from window to window until the stint's time is up, or something is violated.
func (s *stint) play(ctx context.Context, c *cluster.Cluster) error {
	s.cluster, s.began = c, clock.Now()
	s.keeps, s.known = s.keptOfOne()
	if s.fault.late {
		cfg := c.AgentConfig(agents)
		if s.attack.Reader != nil {
			cfg = c.AsReader(cfg)
			cfg.Hostile, cfg.FirstPID = s.attack.ID, hostilePID
		}
		late, err := c.StartAgent(ctx, cfg)
		if err != nil {
			return err
		}
		defer func() { _ = cluster.End(late) }()
		s.late = late
	}
	for n := 0; clock.Now() < s.began+int64(s.Stint) && len(s.out.Violations) == 0; n++ {
		start := clock.Now() + int64(cluster.StartDelay)
		if err := s.window(ctx, window{n, start, start + int64(s.Window)}); err != nil {
			return err
		}
	}
	return nil
}

// window loads the cluster while the fault is done to it, and then checks what came of it.
func (s *stint) window(ctx context.Context, w window) error {
	var tally agent.Tally
	loading, during := errgroup.WithContext(ctx)
	loading.Go(func() (err error) {
		tally, err = s.cluster.LoadOn(during, everyone(), agent.Spec{
			Faulty: true, WriteShare: 0.5, Keys: keys, Seed: workloads.Derive(s.seed, "window", w.n), StartNs: w.start, EndNs: w.end,
			OpTimeoutNs: int64(patience),
		})
		return err
	})
	loading.Go(func() error { return s.fault.do(during, s, w) })
	if err := loading.Wait(); err != nil {
		return err
	}
	entries, err := s.cluster.TakeHistory(ctx)
	if err != nil {
		return err
	}
	history.Widen(entries, s.fault.off)
	if err := s.judge(w, tally, entries); err != nil {
		return err
	}
	s.out.Windows++
	s.out.Reads += tally.Read.Ops
	s.out.Writes += tally.Write.Ops
	return s.sample(ctx)
}

func everyone() (all []int) {
	for i := range agents {
		all = append(all, i)
	}
	return all
}

// judge holds the window to what a robust register promises.
func (s *stint) judge(w window, tally agent.Tally, entries []history.Entry) error {
	all := s.checked.With(entries)
	report := s.checked.Check(entries)
	if report.Code != result.Linearizable {
		name := fmt.Sprintf("stint-%d-window-%d%s", s.number, w.n, result.HistorySuffix)
		s.violate("window %d: the history is %s (see %s): %s", w.n, report.Code, name, report.Detail)
		if err := history.WriteFile(filepath.Join(s.bench.Dir, result.HistoryDir, name), all); err != nil {
			return err
		}
	}
	if tally.Ops() == 0 {
		s.violate("window %d: no operation ended", w.n)
	}
	if tally.Pending > 0 {
		s.violate("window %d: %d operations did not end within %v: %s", w.n, tally.Pending, patience, tally.FirstError)
	}
	if tally.Failed > 0 {
		s.violate("window %d: %d operations failed: %s", w.n, tally.Failed, tally.FirstError)
	}
	return nil
}

// violate notes what must not be.
func (s *stint) violate(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out.Violations = append(s.out.Violations, fmt.Sprintf(format, args...))
}

// revive starts a server again, honest, on its database.
func (s *stint) revive(ctx context.Context, v *cluster.Server) error {
	for i, server := range s.cluster.Servers {
		if server == v {
			s.lives[i]++
		}
	}
	return v.Restart(ctx, "")
}
