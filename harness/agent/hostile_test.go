package agent

import (
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/bftbc"
	"github.com/powbench/powbench/protocols/catalog"
	"github.com/powbench/powbench/protocols/mabd"
	"github.com/powbench/powbench/protocols/mpowerstore"
)

// assault has hostile readers attack beside a load, again and again until they did and done says that it is enough.
func (b *bench) assault(attack string, done func(Tally) bool) (r Tally) {
	b.t.Helper()
	b.agents = []*Agent{b.start(small)}
	b.preload()
	is, err := catalog.Attack(attack)
	if err != nil {
		b.t.Fatal(err)
	}
	hostile := b.start(func(c *Config) {
		if c.Hostile, c.FirstPID, c.Clients = attack, 500, 2; is.Writer == nil {
			c.Keys = b.reader
		}
	})
	for ctx := b.soon(); ctx.Err() == nil; {
		var attacks int64
		var err error
		var wg sync.WaitGroup
		r = b.busy(100*time.Millisecond, func(s *Spec) {
			spec := *s
			wg.Go(func() {
				n, e := hostile.Assault(b.soon(), spec)
				attacks, err = attacks+n, errors.Join(err, e)
			})
		})
		if wg.Wait(); err != nil || attacks > 0 && done(r) {
			b.wantNil(err)
			break
		}
	}
	if is.Writer != nil {
		b.agents = append(b.agents, hostile) // what it may have written is in the history
	}
	for _, n := range b.nodes {
		select {
		case err := <-n.Failed():
			b.t.Errorf("a server ended: %v", err)
		default:
		}
	}
	return r
}

func (b *bench) wantNil(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Error(err)
	}
}

// Writers that lie do harm where they are trusted, and none where they are not; what they wrote may be read. One that goes silent
// does no more than one that dies.
func TestLies(t *testing.T) {
	for _, c := range []struct {
		protocol protocols.Protocol
		attack   string
		harm     bool
	}{
		{mpowerstore.Protocol{}, "Z1", true}, {mpowerstore.Protocol{}, "Z5", false}, {bftbc.Protocol{}, "Z2", false},
	} {
		t.Run(protocols.NameOf(c.protocol)+" "+c.attack, func(t *testing.T) {
			b := newServers(t, c.protocol, 1, "", 0)
			r := b.assault(c.attack, func(r Tally) bool { return !c.harm || r.Failed > 0 })
			if v := history.Check(b.history()); (v.Code == result.Violation) != c.harm || (r.Failed > 0) != c.harm || r.Read.Ops == 0 {
				t.Errorf("%+v; %+v", v, r)
			}
		})
	}
}

// Hostile readers do no harm to M-PoWerStore.
func TestAssault(t *testing.T) {
	for _, attack := range catalog.Against(mpowerstore.Protocol{}) {
		if attack.Reader == nil || attack.Writer != nil {
			continue
		}
		t.Run(attack.ID, func(t *testing.T) {
			b := newServers(t, mpowerstore.Protocol{}, 1, "", 0)
			r := b.assault(attack.ID, func(Tally) bool { return true })
			b.readBack()
			b.wantLinearizable()
			if r.Read.Ops == 0 || r.Write.Ops == 0 || r.Pending+r.Failed > 0 {
				t.Errorf("%+v", r)
			}
		})
	}
}

// The attack's messages do reach the servers: M-ABD, which lets readers write, returns what nobody wrote.
func TestAssaultHarms(t *testing.T) {
	b := newServers(t, mabd.Protocol{}, 1, "", 0)
	if r := b.assault("R2", func(r Tally) bool { return r.Failed > 0 }); r.Failed == 0 {
		t.Errorf("no READ of a forged value: %+v", r)
	}
	if r := history.Check(b.history()); r.Code != result.Violation {
		t.Errorf("history: %+v", r)
	}
}

// The second round of an attack, after which its operation is over at once, leaves too: the servers refuse a FILTER of
// too many candidates.
func TestAssaultSendsItsLastRound(t *testing.T) {
	log := new(strings.Builder)
	var mu sync.Mutex
	b := newServers(t, mpowerstore.Protocol{}, 1, "", 0)
	hostile, err := Start(b.soon(), b.config(func(c *Config) { c.Hostile, c.Keys, c.Clients = "R6", b.reader, 1 }),
		slog.New(slog.NewTextHandler(writerFunc(func(p []byte) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			return log.Write(p)
		}), nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = hostile.Close() }()
	for ctx := b.soon(); ctx.Err() == nil; {
		if _, err := hostile.Assault(ctx, faultySpec(20*time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		mu.Lock()
		refused := strings.Contains(log.String(), "no connection; trying again")
		mu.Unlock()
		if refused {
			return
		}
	}
	t.Error("no server closed the attacker's connection")
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestHostileNeedsAReadersAttack(t *testing.T) {
	b := newServers(t, mabd.Protocol{}, 1, "", 0)
	for attack, want := range map[string]string{"B3": "none that readers or writers make", "Z4": "none that readers or writers make", "X": "unknown attack"} {
		_, err := Start(t.Context(), b.config(func(c *Config) { c.Hostile = attack }), slog.New(slog.DiscardHandler))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q in it", attack, err, want)
		}
	}
	if _, err := b.start(small).Assault(t.Context(), faultySpec(time.Second)); err == nil {
		t.Error("correct clients attack")
	}
	hostile := b.start(func(c *Config) { c.Hostile, c.Keys = "R2", b.reader })
	if _, err := hostile.Load(t.Context(), faultySpec(time.Second)); err == nil {
		t.Error("hostile clients run a load")
	}
}
