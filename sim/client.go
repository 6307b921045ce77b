package sim

import (
	"fmt"

	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/play"
	"github.com/powbench/powbench/workloads"
)

// The shares of operations, in percent.
const (
	writeShare = 70 // of a writer's operations
	deathShare = 5  // in which the client dies
)

// patience is how long a hostile client waits for an attack to end, in ticks: servers refuse to answer most.
const patience = span / 4

// client begins one operation after the other. One that dies in an operation comes back as another process.
type client struct {
	*world
	index    int // from 1
	role     protocols.Role
	hostile  bool
	pid      uint64
	register protocols.Register
	log      *history.Log
	seq      int // of the operation in progress, from 1
	// issued is what a single writer has issued. It outlives the process, unless the attack is that it does not.
	issued protocols.Remembered
	liar   byzantine.Liar // in place of the register, of the first writer if writers lie
}

// setUpClients starts the writers, of which the first lies if the attack is of writers, the readers and, if the attack has
// one, a hostile reader.
func (w *world) setUpClients() {
	hostile := 0
	if w.Attack.Reader != nil {
		hostile = 1
	}
	for i := range w.Writers + w.Readers + hostile {
		c := &client{world: w, index: i + 1, role: protocols.Reader, hostile: i >= w.Writers+w.Readers}
		if i < w.Writers {
			c.role, c.hostile = protocols.Writer, i == 0 && w.Attack.Writer != nil
		}
		c.issued = protocols.Remembered{}
		c.incarnate(uint64(c.index))
		w.clients = append(w.clients, c)
		w.plan(0, c.next)
	}
}

// incarnate makes the client a process with the id.
func (c *client) incarnate(pid uint64) {
	c.pid = pid
	keys := c.world.keys.reader
	if c.role == protocols.Writer {
		keys = c.world.keys.writer
	}
	params := protocols.ClientParams{
		T: c.T, PID: pid, Suite: c.suite, Keys: keys, Entropy: play.Entropy(c.seed, pid+uint64(c.seq)<<32),
		Issued: c.issued,
	}
	c.register = protocols.Incarnate(c.Protocol, params)
	c.log = history.NewLog(pid)
	c.logs = append(c.logs, c.log)
	switch {
	case c.hostile && c.role == protocols.Writer:
		c.lies(params)
	case c.hostile:
		c.register = c.Attack.Reader(c.part(len(c.hosts)+c.index, 0), c.register)
	}
}

// reincarnate makes a client that died another process: with an id of its own, unless the attack is that it has not.
func (c *client) reincarnate() {
	pid := c.pid + maxClients
	if c.Attack.SamePID {
		pid, c.issued = c.pid, protocols.Remembered{}
	}
	c.incarnate(pid)
}

// next plans the client's next operation. A choice that is muted leaves it out.
func (c *client) next() {
	ops, pause := c.Ops, 64
	if c.hostile {
		ops, pause = 2*c.Ops, 16
	}
	for c.seq < ops {
		c.seq++
		if begins := chooseIn(begin, c.index, c.seq, 0, 0, 0); c.Chance(begins, 100) {
			c.plan(c.now+int64(c.Choose(begins, pause)), func() { c.begin(begins) })
			return
		}
	}
}

// keys is the number of keys: with some seeds there is only one, at which all clients meet.
func (c *client) keys() int { return 1 + int(mix(c.seed)%uint64(c.Keys)) }

func keyName(i int) protocols.Key { return protocols.Key(fmt.Sprintf("k%d", i)) }

// ownKey chooses a key that the client may write, if there is one: with single writers, key i is that of writer i mod
// Writers.
func (c *client) ownKey(which Choice) (key protocols.Key, found bool) {
	if c.role != protocols.Writer {
		return "", false
	}
	keys, first, step := c.keys(), 0, 1
	if c.oneWriter {
		first, step = c.index-1, c.Writers
	}
	if first >= keys {
		return "", false
	}
	return keyName(first + c.Choose(which, (keys-first+step-1)/step)*step), true
}

// begin begins an operation, whose key and kind are parts of the choice.
func (c *client) begin(begins Choice) {
	which := begins.part(8)
	if key, mine := c.ownKey(which); mine && c.Choose(begins.part(24), 100) < writeShare {
		c.write(key)
		return
	}
	if c.liar != nil {
		c.next() // it does not READ
		return
	}
	r := &run{client: c, key: keyName(c.Choose(which, c.keys())), kind: protocols.Read}
	r.start(c.register.Read(r.key, protocols.Heap{}), history.Entry{})
}

func (c *client) write(key protocols.Key) {
	id := workloads.ID{Client: uint64(c.index), Seq: uint64(c.seq)}
	extra := c.Choose(chooseIn(size, c.index, c.seq, 0, 0, 0), 24)
	value := make([]byte, workloads.MinValueBytes+1+extra)
	values().Fill(value, id, key)
	c.writes[key]++
	r := &run{client: c, key: key, kind: protocols.Write}
	if c.liar != nil {
		r.lie(value, id)
		return
	}
	r.start(c.register.Write(key, value, protocols.Heap{}), history.Entry{Value: id})
}

// run is one operation in progress.
type run struct {
	*client
	driver *play.Driver
	pid    uint64 // of the client when the operation began
	seq    int
	key    protocols.Key
	kind   protocols.Op
	entry  *history.Entry
	before uint64     // WRITEs of the key that had begun
	late   bool       // it began when the key of the writer that lies was revoked
	far    [][2]int64 // by server: how much later the requests to it and its replies arrive in this round
	dies   int        // the round in which its client dies; 0 if it does not
	leave  int        // how many requests of that round still leave
	over   bool
}

// start begins the operation.
func (r *run) start(op protocols.Operation, e history.Entry) {
	r.driver = play.New(op, len(r.hosts))
	r.pid, r.seq = r.client.pid, r.client.seq
	r.before, r.late = r.writes[r.key], r.loot.Revoked()
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

// giveUp ends an attack that is not answered.
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
	dies := chooseIn(death, r.index, r.seq, 0, 0, 0)
	if !r.Chance(dies, share) || r.hostile {
		return
	}
	if r.dies = round; round == 0 {
		r.dies = 1 + r.Choose(dies.part(8), 3)
	}
	if r.leave = r.Attack.Reaches; r.leave == 0 {
		r.leave = r.Choose(dies.part(16), len(r.hosts)+1)
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
	for _, i := range r.Order(chooseIn(survivor, r.index, r.seq, q.Round, 0, 0), len(q.To))[:leave] {
		if q.To[i].Body != nil {
			r.send(flight{run: r, server: i, round: q.Round, Message: q.To[i]})
		}
	}
}

// watch plans when the round is overdue: the adversary chooses time-outs, but in the end there is one.
func (r *run) watch() {
	round, wait := r.driver.Round(), int64(4*span)
	if !r.driver.Hedged(round) {
		return
	}
	if soon := chooseIn(overdue, r.index, r.seq, round, 0, 0); r.Chance(soon, 100) {
		wait = 1 << r.Choose(soon, 12)
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

// end takes the operation's result, and lets the client go on.
func (r *run) end() {
	r.over = true
	result, err := r.driver.Result()
	if !r.hostile {
		r.meet()
		r.record(result, err)
	}
	r.next()
}
