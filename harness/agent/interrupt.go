package agent

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/powbench/powbench/harness/client"
	"github.com/powbench/powbench/protocols"
)

// An InterruptSpec is a WRITE that its writer leaves half done, and READs beside it. Servers are numbered from 0.
type InterruptSpec struct {
	Writer  int     // which of the agent's clients, from 0: it WRITEs the key of its own number, the others READ that in turn
	Round   int     // of the WRITE, from 1, in which the writer dies
	Reached []int   // servers that the requests of that round reach
	Readers [][]int // for each READ, one after the other, the servers that it can reach
	// A READ hangs that takes longer than PatienceNs. The WRITE's last round is over after LastNs at the latest: where servers
	// confer before they answer, few never do.
	PatienceNs, LastNs int64
}

// check says what is wrong with the spec, for an agent of so many clients.
func (s InterruptSpec) check(clients, servers int) error {
	if s.Writer < 0 || s.Writer >= clients || clients < 2 {
		return fmt.Errorf("client %d of %d interrupts a WRITE: give one of them, and another that READs", s.Writer, clients)
	}
	if s.Round < 1 || s.Round > protocols.MaxRounds {
		return fmt.Errorf("a WRITE that is interrupted in round %d: give 1 to %d", s.Round, protocols.MaxRounds)
	}
	for _, some := range append([][]int{s.Reached}, s.Readers...) {
		for _, server := range some {
			if server < 0 || server >= servers {
				return fmt.Errorf("requests that reach server %d: give 0 to %d", server, servers-1)
			}
		}
	}
	return nil
}

// Interrupt writes a value whole, so that no matter what others left behind there is an old one; then another, which only some servers
// hear of before the writer dies; and READs it, as over a network that is slow to other servers for each READ. So it finds a
// READ that returns the new value, and a later one that returns the old. The operations are in the history. The tally
// counts those that should have ended well and did not, and no others. No load may run.
func (a *Agent) Interrupt(ctx context.Context, spec InterruptSpec) (tally Tally, _ error) {
	if err := spec.check(len(a.clients), len(a.cfg.Servers)); err != nil {
		return tally, err
	}
	w := a.clients[spec.Writer]
	reach := func(c *loadClient, op protocols.Op, limit int64, r client.Reach) error {
		c.reach, c.limit = r, time.Duration(limit)
		defer func() { c.reach, c.limit = client.Reach{}, 0 }()
		_, err := a.operate(ctx, c, op, w.index)
		if errors.Is(err, client.ErrPending) {
			a.incarnate(c)
		}
		return err
	}
	if err := reach(w, protocols.Write, spec.PatienceNs, client.Reach{}); err != nil {
		tally.fail(err)
		return tally, ctx.Err()
	}
	err := reach(w, protocols.Write, spec.LastNs, client.Reach{Round: spec.Round, Servers: spec.Reached, Dies: true})
	if err != nil && !errors.Is(err, client.ErrPending) {
		tally.fail(err)
	}
	for i, servers := range spec.Readers {
		r := a.clients[(spec.Writer+1+i%(len(a.clients)-1))%len(a.clients)]
		if err := reach(r, protocols.Read, spec.PatienceNs, client.Reach{Round: 1, Servers: servers}); err != nil {
			tally.fail(err)
		}
	}
	return tally, ctx.Err()
}
