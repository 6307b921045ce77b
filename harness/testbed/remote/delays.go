package remote

import (
	"context"
	"fmt"
	"math"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/testbed"
	"github.com/powbench/powbench/netem"
)

// delaySpec says how a machine delays what it sends by an interface.
type delaySpec struct {
	Interface string
	To        map[netip.Addr]testbed.Delay
}

// delay puts NetEm in place, or takes it away if it has nothing to delay. It goes with this process.
func (s *steward) delay(_ context.Context, spec delaySpec) (none control.Nothing, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.outgoing != nil {
		if err := s.outgoing.Remove(); err != nil {
			return none, err
		}
		s.outgoing = nil
	}
	if len(spec.To) > 0 {
		s.outgoing, err = netem.DelayOutgoing(spec.Interface, spec.To, steeredFrom()...)
	}
	return none, err
}

// steeredFrom is the address from which ssh reaches this machine, if it is ssh that does.
func steeredFrom() (from []netip.Addr) {
	client, _, _ := strings.Cut(os.Getenv("SSH_CONNECTION"), " ")
	if a, err := netip.ParseAddr(client); err == nil && a.Unmap().Is4() {
		from = append(from, a.Unmap())
	}
	return from
}

// A pair is two machines, the first by name first.
type pair struct{ a, b string }

// pairs are all that have different addresses.
func (c *cluster) pairs() (all []pair) {
	names := c.hosts.all()
	for i, a := range names {
		for _, b := range names[i+1:] {
			if c.machines[a].Addr() != c.machines[b].Addr() {
				all = append(all, pair{a, b})
			}
		}
	}
	return all
}

// delay has every machine delay what it sends to the others, and measures what that makes of round trips.
func (c *cluster) delay(ctx context.Context) ([]result.RoundTrip, string, error) {
	floors, err := c.roundTrips(ctx, pings)
	if err != nil {
		return nil, "", err
	}
	err = c.eachDelays(ctx, func(from, to *machine) (testbed.Delay, bool) {
		return c.between(from.name, to.name), from.Addr() != to.Addr()
	})
	if err != nil {
		return nil, "", err
	}
	return c.measureDelays(ctx, floors)
}

// undelay has no machine delay anything.
func (c *cluster) undelay(ctx context.Context) error {
	return c.eachDelays(ctx, func(_, _ *machine) (d testbed.Delay, delayed bool) { return d, false })
}

// eachDelays has every machine delay what it sends to those others of which what says so.
func (c *cluster) eachDelays(ctx context.Context, what func(from, to *machine) (testbed.Delay, bool)) error {
	var putting errgroup.Group
	for _, m := range c.machines {
		spec := delaySpec{c.hosts.Interfaces[m.name], map[netip.Addr]testbed.Delay{}}
		for _, to := range c.machines {
			if d, delayed := what(m, to); delayed {
				spec.To[to.Addr()] = d
			}
		}
		putting.Go(func() error {
			if _, err := call(ctx, m, delayCall, spec); err != nil {
				return fmt.Errorf("%s: %w", m.name, err)
			}
			return nil
		})
	}
	return putting.Wait()
}

// tryDelay has the machine delay what it sends to others, for a moment.
func (c *cluster) tryDelay(ctx context.Context, m *machine, others []string) error {
	spec := delaySpec{c.hosts.Interfaces[m.name], map[netip.Addr]testbed.Delay{}}
	for _, name := range others {
		if a := c.machines[name].Addr(); a != m.Addr() {
			spec.To[a] = testbed.Delay{Mean: time.Millisecond}
		}
	}
	_, err := call(ctx, m, delayCall, spec)
	if err == nil {
		_, err = call(ctx, m, delayCall, delaySpec{})
	}
	return err
}

// between is what NetEm does to packets from one machine to another. One that carries servers and clients is where its servers are.
func (c *cluster) between(from, to string) testbed.Delay {
	number := func(name string) int {
		if i := slices.Index(c.hosts.Servers, name); i >= 0 {
			return i
		}
		return slices.Index(c.hosts.Clients, name)
	}
	return c.spec.Delays.Between(number(from), number(to))
}

// roundTrips is the mean round trip between any two machines, in ns, of so many. They are few small packets: all are measured at once.
func (c *cluster) roundTrips(ctx context.Context, n int) (map[pair]float64, error) {
	all := map[pair]float64{}
	var mu sync.Mutex
	var measuring errgroup.Group
	measuring.SetLimit(64)
	for _, p := range c.pairs() {
		measuring.Go(func() error {
			addr, err := call(ctx, c.machines[p.b], answerCall, c.machines[p.b].Addr().String())
			if err != nil {
				return err
			}
			trips, err := call(ctx, c.machines[p.a], pingCall, pingSpec{addr, n})
			if err != nil {
				return fmt.Errorf("round trips between %s and %s: %w", p.a, p.b, err)
			}
			mu.Lock()
			defer mu.Unlock()
			all[p] = mean(trips)
			return nil
		})
	}
	return all, measuring.Wait()
}

func mean(all []int64) float64 {
	sum := int64(0)
	for _, x := range all {
		sum += x
	}
	return float64(sum) / float64(len(all))
}

// delayedPings are few enough to pass in seconds where one takes tenths of a second. The mean of so many with the paper's delays is
// right to 2 %.
const delayedPings = 100

// measureDelays measures the round trips that NetEm delays, and says what is off: which adds another mean than was asked for. Where it
// loses or reorders packets, TCP adds what it waits, and nothing is off.
func (c *cluster) measureDelays(ctx context.Context, floors map[pair]float64) (all []result.RoundTrip, off string, err error) {
	trips, err := c.roundTrips(ctx, delayedPings)
	if err != nil {
		return nil, "", err
	}
	for _, p := range c.pairs() {
		there, back := c.between(p.a, p.b), c.between(p.b, p.a)
		t := result.RoundTrip{
			From: p.a, To: p.b, Samples: delayedPings, FloorMs: floors[p] / 1e6, MeanMs: (trips[p] - floors[p]) / 1e6,
			AskedMeanMs: float64(there.AskedMean()+back.AskedMean()) / 1e6,
		}
		steady := there.Loss+there.Reorder+back.Loss+back.Reorder == 0
		if allowed := c.spec.Delays.Tolerance.Mean * t.AskedMeanMs; steady && math.Abs(t.MeanMs-t.AskedMeanMs) > allowed {
			t.Off = fmt.Sprintf("NetEm makes the round trip between %s and %s %.2f ms longer, asked for %.2f ± %.2f",
				t.From, t.To, t.MeanMs, t.AskedMeanMs, allowed)
			off = t.Off
		}
		all = append(all, t)
	}
	return all, off, nil
}
