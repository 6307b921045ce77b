// Package agent is a load-generating process: some of a run's clients, on one host.
//
// It imports client, history, transport, workloads and what lies below them. The coordinator's packages import it for the
// calls that its processes answer.
package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/metrics"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/catalog"
	"github.com/powbench/powbench/protocols/suite"
	"github.com/powbench/powbench/transport"
	"github.com/powbench/powbench/transport/identity"
	"github.com/powbench/powbench/workloads"
)

// memoryLimit is the soft limit of an agent's heap in bytes, below the 512 MiB that an agent may take.
const memoryLimit = 384 << 20

// opTimeout is when a client gives up an operation. It stays pending in the history and counts as an error.
const opTimeout = 60 * time.Second

// connectTimeout is how long an agent tries to reach all servers before it says which of them it cannot.
const connectTimeout = time.Minute

// silence is how long servers may send nothing before the agent expects nothing more from them.
const silence = 250 * time.Millisecond

// Config is all that an agent needs to know.
type Config struct {
	Protocol   string
	Suite      string
	T          int
	Keys       suite.ClientKeys
	Servers    []string // addresses by index
	Congestion string   // TCP congestion control; empty: the system's
	Index      int      // of this agent, from 0
	Agents     int      // in the run: client i lives at agent i mod Agents
	Clients    int      // the largest number of a load; client i preloads the keys that are i modulo Clients
	ValueBytes int
	Sizes      result.Sizes // from which values' sizes are drawn; ValueBytes is then their mean
	Seed       uint64
	// FirstPID is the process id of client 0, and those of the others follow; 0 means 1. It lies below IncarnationPIDs.
	FirstPID uint64
	Hostile  string // the attack of the catalogue that all clients make, as readers or writers; empty if they are correct
	Metrics  string // host:port at which it tells how it is doing; empty: nowhere
	Journal  string // file that outlives the agent, with what its clients began and ended; empty for none
	// Identity has TLS carry all connections, and says who the clients are; without one they are in the clear.
	Identity identity.Credentials `json:",omitzero"`
}

// An Agent holds its clients, their links and what they did.
type Agent struct {
	cfg        Config
	protocol   protocols.Protocol
	is         protocols.Traits // of the protocol
	primitives suite.Suite
	signatures suite.Counts // of the primitives
	log        *slog.Logger
	links      *transport.Links
	values     *workloads.Values
	sizes      *workloads.Sizes // nil if all values have one size
	clients    []*loadClient
	background *background      // nil until a load asks for it
	attack     byzantine.Attack // of clients that are hostile
	loot       byzantine.Loot
	metrics    *metrics.Endpoint // nil unless they are asked for, and so is work
	work       *metrics.Work
	journal    *journal          // nil for none
	begun      map[uint64]uint64 // the last operation in the journal of an earlier agent, by process id
	issued     issued
	operations atomic.Int64           // of loads, begun so far
	window     atomic.Pointer[window] // of the present load; nil for none
	history    *history.Merging       // what History has not told yet
	told       int                    // operations by History
}

// Start connects to all servers.
func Start(ctx context.Context, cfg Config, log *slog.Logger) (*Agent, error) {
	protocol, err := catalog.ByName(cfg.Protocol)
	if err != nil {
		return nil, err
	}
	primitives, err := protocols.SuiteFor(protocol, cfg.Suite)
	if err != nil {
		return nil, err
	}
	debug.SetMemoryLimit(memoryLimit)
	a := &Agent{
		cfg: cfg, protocol: protocol, is: protocol.Traits(cfg.T), log: log,
		values: workloads.NewValues(cfg.Seed), issued: issued{last: protocols.Remembered{}},
	}
	a.primitives = suite.Counted(primitives, &a.signatures)
	if cfg.Sizes.Asked() {
		a.sizes = workloads.NewSizes(cfg.Seed, cfg.Sizes)
	}
	if a.attack, err = hostility(cfg); err != nil {
		return nil, err
	}
	if err := a.openJournal(); err != nil {
		return nil, err
	}
	if a.links, err = a.connect(ctx); err != nil {
		return nil, errors.Join(err, a.journal.close())
	}
	if cfg.Metrics != "" {
		if err := a.serveMetrics(ctx, cfg.Metrics); err != nil {
			return nil, errors.Join(err, a.Close())
		}
	}
	for i := cfg.Index; i < cfg.Clients; i += cfg.Agents {
		a.clients = append(a.clients, a.newClient(a.links, i))
	}
	return a, nil
}

// openJournal opens the journal, if the configuration names one. No client takes the name of an operation that an
// earlier agent recorded there, nor issues its timestamp again.
func (a *Agent) openJournal() error {
	if a.cfg.Journal == "" {
		return nil
	}
	j, held, err := openJournal(a.cfg.Journal)
	if err != nil {
		return err
	}
	a.journal, a.begun = j, make(map[uint64]uint64)
	a.issued.last, a.issued.journal = held.issued, j
	for _, e := range held.operations {
		a.begun[e.Client] = max(a.begun[e.Client], e.Seq)
	}
	return nil
}

// connect makes a connection to each server.
func (a *Agent) connect(ctx context.Context) (*transport.Links, error) {
	role := protocols.Writer
	if a.attack.Reader != nil {
		role = protocols.Reader
	}
	own, err := identity.Open(a.cfg.Identity)
	if err != nil {
		return nil, fmt.Errorf("agent %d: %w", a.cfg.Index+1, err)
	}
	links := transport.Dial(transport.ClientConfig{
		Protocol: a.cfg.Protocol, Servers: a.cfg.Servers, Role: role, Keys: a.cfg.Keys.Groups,
		NewBody: a.protocol.NewBody, Identity: own, Congestion: a.cfg.Congestion, Log: a.log,
	})
	if err := reachAll(ctx, links, connectTimeout); err != nil {
		_ = links.Close()
		return nil, fmt.Errorf("connect: %w", err)
	}
	return links, nil
}

// reachAll waits until all servers are connected. It does not wait for ever: a host that cannot be reached stays so, and somebody has
// to be told which one.
func reachAll(ctx context.Context, links *transport.Links, within time.Duration) error {
	limited, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	err := links.WaitConnected(limited)
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("not within %v: %w; see that these servers run and that this host reaches them", within, err)
	}
	return err
}

// Counted is what the agent has counted.
func (a *Agent) Counted(context.Context, control.Nothing) (control.Counts, error) {
	again := a.links.Retransmitted()
	if a.background != nil {
		again += a.background.links.Retransmitted()
	}
	return control.Counts{
		RetransmittedBytes: int64(again), SignaturesMade: a.signatures.Made.Load(), SignaturesVerified: a.signatures.Verified.Load(),
	}, nil
}

// Arrears is how many bytes servers owe to operations that have ended.
func (a *Agent) Arrears(context.Context, control.Nothing) (int64, error) {
	return a.links.Arrears(), nil
}

// historyPart is how many operations one call of History returns at most.
const historyPart = 1 << 15

// History returns a part of the history of all operations since Start, by their start: the first, from 0, or those that follow what it
// has told. An empty part says that there are no more. No operation may be in progress.
func (a *Agent) History(_ context.Context, from int) ([]history.Entry, error) {
	if from == 0 {
		var logs []*history.Log
		for _, c := range a.clients {
			logs = append(logs, c.logs...)
		}
		if a.background != nil {
			logs = append(logs, a.background.writer.logs...)
		}
		a.history, a.told = history.NewMerging(logs...), 0
	}
	if a.history == nil || from != a.told {
		return nil, fmt.Errorf("%d operations of the history have been told: go on from there and not from %d, or begin anew from 0", a.told, from)
	}
	part := a.history.Next(historyPart)
	a.told += len(part)
	return part, nil
}

// Forget drops the history up to now, which somebody has taken: so an agent can work for ever. No operation may be in progress; one
// that was given up is over.
func (a *Agent) Forget(context.Context, control.Nothing) (none control.Nothing, _ error) {
	for _, c := range a.clients {
		c.logs = []*history.Log{history.NewLog(c.pid)}
	}
	if a.background != nil {
		w := a.background.writer
		w.logs = []*history.Log{history.NewLog(w.pid)}
	}
	a.history, a.told = nil, 0
	return none, nil
}

// rest waits until the servers have answered all requests, or until none of them has sent anything for a while: a faulty
// one may owe replies for ever.
func (a *Agent) rest(ctx context.Context) error {
	received, since := a.links.Traffic().Received, time.Now()
	for ctx.Err() == nil && time.Since(since) < silence {
		wait, cancel := context.WithTimeout(ctx, silence/10)
		err := a.links.Quiesce(wait)
		cancel()
		if err == nil {
			return nil
		}
		if now := a.links.Traffic().Received; now != received {
			received, since = now, time.Now()
		}
	}
	return ctx.Err()
}

// Close ends the links.
func (a *Agent) Close() error {
	if a.background != nil {
		_ = a.background.links.Close()
	}
	return errors.Join(a.metrics.Close(), a.links.Close(), a.journal.close())
}
