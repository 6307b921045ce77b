package sim

import (
	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/play"
)

// patience is how long a hostile client waits for an attack to end, in ticks: servers refuse to answer most.
const patience = span / 4

// run is one operation in progress.
type run struct {
	*client
	driver *play.Driver
	pid    uint64 // of the client when the operation began
	seq    int
	key    protocols.Key
	kind   protocols.Op
	entry  *history.Entry
	far    [][2]int64 // by server: how much later the requests to it and its replies arrive in this round
	dies   int        // the round in which its client dies; 0 if it does not
	leave  int        // how many requests of that round still leave
	over   bool
}

// start begins the operation.
func (r *run) start(op protocols.Operation, e history.Entry) {
	r.driver = play.New(op, len(r.hosts))
	r.pid, r.seq = r.client.pid, r.client.seq
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
	r.do(r.driver.Start())
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
		if r.oneWriter {
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

// do does what the operation wants: it sends requests, unless the client dies over them, and ends.
func (r *run) do(q play.Requests, err error) {
	if err != nil {
		r.find(byzantine.Failure, "%s of p%d: %v", r.kind, r.pid, err)
		return
	}
	if q.Begins {
		r.setFar()
	}
	switch {
	case q.Begins && q.Round == r.dies:
		r.ask(q, r.leave)
		r.die()
	case q.To != nil:
		r.ask(q, len(q.To))
	}
	if r.over {
		return
	}
	if q.Begins {
		r.watch()
	}
	if r.driver.Done() {
		r.end()
	}
}

// ask sends the requests, as many of the servers' as may leave.
func (r *run) ask(q play.Requests, leave int) {
	for _, i := range r.permutation(chooseIn(survivor, r.index, r.seq, q.Round, 0, 0), len(q.To))[:leave] {
		if q.To[i].Body != nil {
			r.send(flight{run: r, server: i, round: q.Round, Message: q.To[i]})
		}
	}
}

// watch has the round be overdue, if it is not over by then: time-outs are the adversary's to choose, but in the end
// there is one.
func (r *run) watch() {
	round, wait := r.driver.Round(), int64(4*span)
	if !r.driver.Hedged(round) {
		return
	}
	if u := r.draw(chooseIn(overdue, r.index, r.seq, round, 0, 0)); u != 0 {
		wait = 1 << (u % 12)
	}
	r.plan(r.now+wait, func() {
		if !r.over && r.driver.Hedged(round) {
			r.tracef("p%d's %s #%d: round %d is overdue", r.pid, r.kind, r.seq, round)
			r.do(r.driver.Overdue(round))
		}
	})
}

// die leaves the operation pending for ever; the client comes back as another process.
func (r *run) die() {
	r.tracef("p%d dies, after %d requests of round %d", r.pid, r.leave, r.driver.Round())
	r.over = true
	r.reincarnate()
	r.next()
}

// answer gives a reply to the operation.
func (r *run) answer(server, round int, reply protocols.Message) {
	if !r.over {
		r.do(r.driver.Answer(round, server, reply))
	}
}

// end takes the operation's result, and lets the client go on.
func (r *run) end() {
	r.over = true
	result, err := r.driver.Result()
	if !r.hostile {
		r.record(result, err)
	}
	r.next()
}
