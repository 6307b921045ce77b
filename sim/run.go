package sim

import (
	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
)

// patience is how long a hostile client waits for an attack to end, in ticks: servers refuse to answer most.
const patience = span / 4

// run is one operation in progress, driven as the model demands: one reply per (server, round), the first.
type run struct {
	*client
	pid      uint64 // of the client when the operation began
	seq      int
	key      protocols.Key
	kind     protocols.Op
	op       protocols.Operation
	entry    *history.Entry
	rounds   int
	far      [][2]int64 // by server: how much later the requests to it and its replies arrive in this round
	asked    []bool     // by server, in this round
	answered map[int]bool
	dies     int // the round in which its client dies; 0 if it does not
	leave    int // how many requests of that round still leave
	over     bool
}

// start begins the first round.
func (r *run) start(e history.Entry) {
	r.pid, r.seq, r.answered = r.client.pid, r.client.seq, map[int]bool{}
	e.Seq, e.Key, e.Op, e.Start = uint64(r.seq), r.key, r.kind, r.clock
	if !r.hostile {
		r.entry = r.log.Begin(e)
	} else {
		r.plan(r.now+patience, r.giveUp)
	}
	r.world.runs = append(r.world.runs, r)
	r.outcome.Operations++
	r.doom()
	r.tracef("p%d begins %s %s #%d", r.pid, r.kind, r.key, r.seq)
	if b := r.op.Start(); b != nil {
		r.begin(b)
	} else {
		r.end()
	}
}

// giveUp ends an attack that nobody answers.
func (r *run) giveUp() {
	if !r.over {
		r.over = true
		r.next()
	}
}

// doom decides whether the client dies in this operation.
func (r *run) doom() {
	share, round := deathShare, 0
	if r.Attack.WriterDies > 0 && r.kind == protocols.Write {
		share, round = 50, r.Attack.WriterDies
		if r.Protocol.Traits(1).Writers == protocols.One {
			round--
		}
	}
	u := r.draw(chooseIn(death, r.index, r.seq, 0, 0, 0))
	if u%100 < uint64(100-share) || r.hostile {
		return
	}
	r.dies = 1 + int(u>>8%3)
	r.leave = int(u >> 16 % uint64(len(r.hosts)+1))
	if round > 0 {
		r.dies = round
	}
	if r.Attack.Reaches > 0 {
		r.leave = r.Attack.Reaches
	}
}

// begin sends a round's requests.
func (r *run) begin(b protocols.Broadcast) {
	if r.rounds++; len(b) != len(r.hosts) || r.rounds > protocols.MaxRounds {
		r.find(byzantine.Failure, "round %d of a %s goes to %d servers, want %d servers and %d rounds at most",
			r.rounds, r.kind, len(b), len(r.hosts), protocols.MaxRounds)
		return
	}
	r.setFar()
	r.asked = make([]bool, len(b))
	if r.rounds == r.dies {
		r.ask(b, r.leave)
		r.die()
		return
	}
	r.ask(b, len(b))
	r.watch()
}

// ask sends requests of the current round, those that have not been sent: as many of the servers' as may leave.
func (r *run) ask(b protocols.Broadcast, leave int) {
	for _, i := range r.permutation(chooseIn(survivor, r.index, r.seq, r.rounds, 0, 0), len(b))[:leave] {
		if b[i].Body != nil && !r.asked[i] {
			r.asked[i] = true
			r.send(flight{run: r, server: i, round: r.rounds, Message: b[i]})
		}
	}
}

// watch has the round be overdue, if it is not over by then: time-outs are the adversary's to choose, but in the end
// there is one.
func (r *run) watch() {
	h, ok := r.op.(protocols.Hedged)
	if !ok {
		return
	}
	round, wait := r.rounds, int64(4*span)
	if u := r.draw(chooseIn(overdue, r.index, r.seq, round, 0, 0)); u != 0 {
		wait = 1 << (u % 12)
	}
	r.plan(r.now+wait, func() {
		if !r.over && r.rounds == round {
			r.tracef("p%d's %s #%d: round %d is overdue", r.pid, r.kind, r.seq, round)
			r.react(h.Overdue(round))
		}
	})
}

// die leaves the operation pending for ever; the client comes back as another process.
func (r *run) die() {
	r.tracef("p%d dies, after %d requests of round %d", r.pid, r.leave, r.rounds)
	r.over = true
	r.reincarnate()
	r.next()
}

// answer gives a reply to the operation, if it is the first of its server in the round.
func (r *run) answer(server, round int, reply protocols.Message) {
	at := round<<8 | server
	if r.over || r.answered[at] {
		return
	}
	r.answered[at] = true
	r.react(r.op.Answer(round, server, reply))
}

// react does what the operation wants.
func (r *run) react(step protocols.Step) {
	switch {
	case step.Next != nil:
		r.begin(step.Next)
	case step.More != nil:
		r.ask(step.More, len(step.More))
	}
	if step.Done && !r.over {
		r.end()
	}
}

// end takes the operation's result, and lets the client go on.
func (r *run) end() {
	r.over = true
	result, err := r.op.Result()
	if !r.hostile {
		r.record(result, err)
	}
	r.next()
}
