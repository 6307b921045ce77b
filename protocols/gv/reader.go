package gv

import (
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/gv/history"
)

// lastShow is the last round that may be a SHOW: the write-back takes two.
const lastShow = protocols.MaxRounds - 2

// read is a READ in progress. It reads all registers at once, and then writes what it returns back into its own:
//
//   - LOOK asks for what is written. When a quorum's replies may all be true, what they tell are the candidates.
//   - SHOW asks again, and for the values of candidates that are not confirmed. Each reply, also one to LOOK that comes late,
//     may confirm a candidate or deny it. The READ takes the highest number that t+1 servers have told the value of, once
//     2t+1 deny all that is higher.
//
// If what remains is a candidate whose value SHOW has not asked for, which takes a liar and WRITEs at the same time, there is
// one more SHOW (U2).
type read struct {
	protocols.Phase
	evidence
	pid, number uint64
	agreed      []int                 // the servers whose replies to LOOK made the candidates
	shows       []protocols.Broadcast // the requests, from round 2 on
	wants       map[uint64]bool       // the numbers that some SHOW asked for
	back        *store                // the write-back
	err         error
}

func newRead(p params, pid, number uint64) *read {
	r := &read{Phase: p.is.NewPhase(), evidence: newEvidence(p), pid: pid, number: number, wants: map[uint64]bool{}}
	r.back = newStore(p, pid, nil)
	r.back.Phase = &r.Phase
	return r
}

// Start begins LOOK.
func (r *read) Start() protocols.Broadcast {
	return r.Begin(protocols.Message{Body: &Look{Reader: r.pid, Number: r.number}}).Next
}

// Answer implements protocols.Operation.
func (r *read) Answer(round, server int, reply protocols.Message) (step protocols.Step) {
	v, isView := reply.Body.(*View)
	switch {
	case r.back.begun > 0:
		step = r.back.answer(round, server, reply.Body)
	case !isView || round > r.Round:
		return protocols.Wait()
	case v.Full:
		if round > 1 { // LOOK needs no room
			r.back.full[server] = true
		}
	case r.wellFormed(v, r.pid, r.number, reply.Payload):
		step = r.learn(round, server, v, reply.Payload)
	}
	if r.back.crowded() {
		r.err = ErrReaders
		return protocols.Done()
	}
	return step
}

// learn takes a server's view.
func (r *read) learn(round, server int, v *View, payload []byte) protocols.Step {
	if round > 1 {
		if !r.hear(server, v, payload, r.shows[round-2][server].Body.(*Show).Want) || round < r.Round || !r.Quorum() {
			return protocols.Wait()
		}
		return r.decide()
	}
	asked := []uint64{v.Registers.Top()}
	if asked[0] == 0 {
		asked = nil
	}
	if len(v.Parts) != len(asked) || !r.hear(server, v, payload, asked) || r.Round > 1 {
		return protocols.Wait()
	}
	r.look[server] = v
	return r.compare()
}

// compare ends LOOK if a quorum's replies may all be true. If they tell of nothing, no WRITE is complete.
func (r *read) compare() protocols.Step {
	var replied []int
	for server, v := range r.look {
		if v != nil {
			replied = append(replied, server)
		}
	}
	if r.agreed = r.evidence.agreed(replied); r.agreed == nil {
		return protocols.Wait()
	}
	if r.adopt(r.agreed); len(r.nums) == 0 {
		return protocols.Done()
	}
	return r.show()
}

// show asks for the values that are wanted and that the server has not told.
func (r *read) show() protocols.Step {
	wanted := r.wanted(r.agreed)
	requests := make(protocols.Broadcast, r.is.Servers)
	for server := range requests {
		m := &Show{Reader: r.pid, Number: r.number, Least: r.least}
		for _, num := range wanted {
			r.wants[num] = true
			if !slices.ContainsFunc(r.told[num], func(v voice) bool { return v.server == server && v.has }) {
				m.Want = append(m.Want, num)
			}
		}
		requests[server].Body = m
	}
	r.shows = append(r.shows, requests)
	return r.Send(requests)
}

// decide looks for the number to return, from the highest candidate down, after a quorum has answered SHOW.
func (r *read) decide() protocols.Step {
	for _, num := range r.nums {
		if value, ok := r.confirmed(num); ok {
			return r.writeBack(num, value)
		}
		switch {
		case r.removed(num):
		case !r.wants[num] && r.Round < lastShow:
			return r.show()
		default:
			return protocols.Wait()
		}
	}
	// Only if t+1 servers have told of nothing: of what they first tell, one number is confirmed.
	return protocols.Step{Done: r.least == 0}
}

// writeBack writes the value into the reader's own register, always (U5). If a quorum has the number in the writer's, its
// WRITE is complete.
func (r *read) writeBack(num uint64, value []byte) protocols.Step {
	r.back.num, r.back.value = num, value
	if r.holders(history.Writer, num) >= r.is.Quorum {
		r.back.complete = num
	}
	return r.back.begin()
}

// Result implements protocols.Operation.
func (r *read) Result() (protocols.Result, error) {
	return protocols.Found(timestamp(r.back.num), r.back.value), r.err
}
