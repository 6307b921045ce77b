package soak

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/cluster"
	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/catalog"
)

// A Fault is done to a cluster in each window of a stint, to t servers at once, which take turns.
type Fault struct {
	Name string
	Text string // what it does

	links   bool                                        // it needs links that can be cut
	late    bool                                        // it needs one more agent
	attacks func(protocols.Protocol) []byzantine.Attack // that it may be, if it is one; else nil
	do      func(context.Context, *stint, window) error
	off     time.Duration // by which clocks may be off
}

// clockStep is by how much a clock is set forward or back.
const clockStep = 100 * time.Millisecond

// Faults are all faults.
func Faults() []Fault {
	return []Fault{
		{Name: "none", Text: "nothing happens, for comparison", do: func(context.Context, *stint, window) error { return nil }},
		{Name: "kill", Text: "servers are killed (SIGKILL) and come back on their databases", do: killServers},
		{Name: "pause", Text: "servers stand still (SIGSTOP) and go on (SIGCONT)", do: pauseServers},
		{Name: "cut", Text: "the links of servers are cut and heal", links: true, do: cutServers},
		{Name: "reset", Text: "servers break all their connections", do: resetServers},
		{Name: "disk", Text: "the disks of servers are full: they end, say why, and come back with room", do: fillDisks},
		{Name: "clock", Text: "the clock of a client's process jumps, forward or back", do: stepClocks, off: 2 * clockStep},
		{Name: "crowd", Text: "a crowd of readers connects to all servers, is idle and goes", do: crowd, late: true},
		{
			Name: "liars", Text: "t servers lie, by an attack of the catalogue that the protocol withstands", do: lie,
			attacks: withstood(func(a byzantine.Attack) bool { return a.Server != nil && a.Reader == nil }),
		},
		{
			Name: "readers", Text: "readers attack, likewise", do: readersAttack, late: true,
			attacks: withstood(func(a byzantine.Attack) bool { return a.Reader != nil && a.Server == nil }),
		},
	}
}

// FaultNames are the names of all faults.
func FaultNames() (names []string) {
	for _, f := range Faults() {
		names = append(names, f.Name)
	}
	return names
}

// FaultByName finds a fault.
func FaultByName(name string) (Fault, error) {
	for _, f := range Faults() {
		if f.Name == name {
			return f, nil
		}
	}
	return Fault{}, fmt.Errorf("unknown fault %q: choose one of %s", name, strings.Join(FaultNames(), ", "))
}

// fits reports whether the fault can be done to the protocol, on a testbed whose links can be cut or not.
func (f Fault) fits(p protocols.Protocol, links bool) bool {
	return (links || !f.links) && (f.attacks == nil || len(f.attacks(p)) > 0)
}

// withstood finds the attacks of a kind that a protocol must withstand on real processes, with t attackers and nobody else.
func withstood(kind func(byzantine.Attack) bool) func(protocols.Protocol) []byzantine.Attack {
	return func(p protocols.Protocol) []byzantine.Attack {
		return slices.DeleteFunc(catalog.Attacks(), func(a byzantine.Attack) bool {
			e := a.Expected(p)
			return !kind(a) || a.Condition != (byzantine.Condition{}) || a.Virtual || a.Beyond || a.Liars > 0 ||
				e.None || e.Beyond || e.Harm != byzantine.NoHarm
		})
	}
}

// A window is one of a stint's, and when its load begins and ends, ns on the run's clock.
type window struct {
	n          int // from 0
	start, end int64
}

// at is the instant at which so many quarters of the window are over.
func (w window) at(quarters int64) int64 { return w.start + (w.end-w.start)*quarters/4 }

// victims are the servers whose turn it is.
func (s *stint) victims(w window) (all []*cluster.Server) {
	servers := s.cluster.Servers
	for i := range s.T {
		all = append(all, servers[(w.n*s.T+i)%len(servers)])
	}
	return all
}

// inTurn harms the window's victims after a quarter of it, and heals them after three.
func inTurn(ctx context.Context, s *stint, w window, harm, heal func(*cluster.Server) error) error {
	for _, step := range []struct {
		at int64
		do func(*cluster.Server) error
	}{{w.at(1), harm}, {w.at(3), heal}} {
		if err := clock.SleepUntil(ctx, step.at); err != nil {
			return err
		}
		for _, v := range s.victims(w) {
			if err := step.do(v); err != nil {
				return err
			}
		}
	}
	s.out.Faults += int64(s.T)
	return nil
}

func killServers(ctx context.Context, s *stint, w window) error {
	return inTurn(ctx, s, w, (*cluster.Server).Crash, func(v *cluster.Server) error { return s.revive(ctx, v) })
}

func pauseServers(ctx context.Context, s *stint, w window) error {
	return inTurn(ctx, s, w, (*cluster.Server).Pause, (*cluster.Server).Resume)
}

func cutServers(ctx context.Context, s *stint, w window) error {
	return inTurn(ctx, s, w, func(v *cluster.Server) error { return v.Cut(true) }, func(v *cluster.Server) error { return v.Cut(false) })
}

// resetServers has every server break its connections, one after the other, all the time.
func resetServers(ctx context.Context, s *stint, w window) error {
	const every = 40 * time.Millisecond
	for i, at := 0, w.start; at < w.end; i, at = i+1, at+int64(every) {
		if err := clock.SleepUntil(ctx, at); err != nil {
			return err
		}
		if err := s.cluster.Servers[i%len(s.cluster.Servers)].Reset(ctx); err != nil {
			return err
		}
		s.out.Faults++
	}
	return nil
}

// fillDisks leaves servers without room. One that ends must have said why by then; one that had nothing to store is started again, too.
func fillDisks(ctx context.Context, s *stint, w window) error {
	return inTurn(ctx, s, w, func(v *cluster.Server) error { return v.Fill(ctx) }, func(v *cluster.Server) error {
		select {
		case <-v.Done():
			if said := control.Failed(""); !errors.As(v.Wait(), &said) {
				s.violate("%s ended on a full disk and did not say why: %v", v.Name, v.Wait())
			}
		default:
		}
		if err := v.Crash(); err != nil {
			return err
		}
		return s.revive(ctx, v)
	})
}

// stepClocks sets the clock of one agent forward or back, and back to where it was.
func stepClocks(ctx context.Context, s *stint, w window) error {
	by := clockStep
	if w.n%2 > 0 {
		by = -by
	}
	for i, step := range []time.Duration{by, -by} {
		if err := clock.SleepUntil(ctx, w.at(int64(1+2*i))); err != nil {
			return err
		}
		if err := s.cluster.StepClock(ctx, w.n%agents, step); err != nil {
			return err
		}
	}
	s.out.Faults++
	return nil
}

// crowding is how many readers a crowd has.
const crowding = 100

func crowd(ctx context.Context, s *stint, w window) error {
	connected, err := control.Call(ctx, s.late, agent.CrowdCall, agent.CrowdSpec{Readers: crowding, UntilNs: w.at(3)})
	s.out.Faults += int64(connected)
	return err
}

// lie does nothing more: the servers lie from the beginning.
func lie(_ context.Context, s *stint, _ window) error {
	s.out.Faults += int64(s.T)
	return nil
}

// readersAttack has an agent of hostile readers attack while the load lasts.
func readersAttack(ctx context.Context, s *stint, w window) error {
	attacks, err := control.Call(ctx, s.late, agent.AssaultCall, agent.Spec{
		Faulty: true, Keys: keys, Seed: s.seed + uint64(w.n), StartNs: w.start, EndNs: w.end,
	})
	s.out.Faults += attacks
	return err
}
