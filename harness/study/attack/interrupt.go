package attack

import (
	"context"
	"fmt"
	"time"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
)

// This file has READs follow one another beside a WRITE that only some servers have. Writers that are killed at random seldom
// leave one behind just then, and on a fast network all readers hear of the same servers.

const (
	interruptTime = 3 * time.Second        // after which no other WRITE is interrupted: some variants wait long for who is silent
	lastRound     = 300 * time.Millisecond // of a WRITE that is interrupted, if servers do not answer
)

// interrupts reports whether the attack is writers that die, and they alone.
func interrupts(a byzantine.Attack) bool {
	return a.WriterDies > 0 && a.Reader == nil && a.Server == nil && !a.Beyond
}

// interruptions are the WRITEs to interrupt: in every round from the attack's on, with each number of servers that it may reach, and
// with each server as the first. Of those who READ, the first cannot reach t servers that know least of the WRITE, the second
// t that know most, the third reaches all: a register that is not atomic has an old value follow the new one.
func interruptions(a byzantine.Attack, is protocols.Traits, t int) (all []agent.InterruptSpec) {
	first := a.WriterDies
	if is.Writers == protocols.One {
		first-- // it does not ask for the time
	}
	most := is.Servers - 1
	if a.Reaches > 0 {
		most = a.Reaches
	}
	for from := range is.Servers {
		order := make([]int, is.Servers)
		for i := range order {
			order[i] = (from + i) % is.Servers
		}
		for round := first; round <= len(is.Write); round++ {
			for reached := 1; reached <= most; reached++ {
				all = append(all, agent.InterruptSpec{
					Round: round, Reached: order[:reached],
					Readers: [][]int{order[:is.Servers-t], order[t:], order},
				})
			}
		}
	}
	return all
}

// interrupt interrupts WRITEs one after the other, once the load is over. The clients take turns.
func (t *trial) interrupt(ctx context.Context) error {
	until, n := clock.Now()+int64(interruptTime), 0
	for _, spec := range interruptions(t.attack, t.protocol.Traits(t.T), t.T) {
		if n > 0 && clock.Now() > until {
			break
		}
		spec.Writer, spec.PatienceNs, spec.LastNs = n/Agents%agentClients, int64(patience), int64(lastRound)
		tally, err := t.cluster.Interrupt(ctx, n%Agents, spec)
		if err != nil {
			return err
		}
		t.all.Merge(&tally)
		n++
	}
	t.note(fmt.Sprintf("%d WRITEs were interrupted, and READ by others", n))
	return nil
}
