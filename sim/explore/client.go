package explore

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/play"
	"github.com/powbench/powbench/protocols/suite"
	"github.com/powbench/powbench/workloads"
)

// valueBytes is the size of the values that are written.
const valueBytes = workloads.MinValueBytes + 8

// client is one client's automaton, with what it was seen to do.
type client struct {
	Client
	index   int
	role    protocols.Role
	fresh   func() protocols.Register
	servers int
	values  *workloads.Values
	mail    mail
	// merged says that states alike in content are one; otherwise a state is all that was heard, in order. Late says that
	// replies to earlier rounds are never delivered.
	merged, late bool

	locals map[fingerprint]*local
	// reached are the conditions that operations noted in any state.
	reached map[protocols.Condition]bool
}

// note remembers what the operation has noted so far.
func (c *client) note(d *play.Driver) {
	for _, condition := range d.Conditions() {
		c.reached[condition] = true
	}
}

// Conditions are those that the operations came to in any execution so far, sorted.
func (x *Search) Conditions() []protocols.Condition {
	all := map[protocols.Condition]bool{}
	for _, c := range x.clients {
		maps.Copy(all, c.reached)
	}
	return slices.Sorted(maps.Keys(all))
}

func newClient(s *Search, index int, keys suite.ClientKeys, role protocols.Role) *client {
	c := &client{
		Client: s.Scope.Clients[index], index: index, role: role, servers: len(s.servers), values: s.values, mail: s.mail,
		merged: s.Reductions.Merge, late: s.Reductions.Late, locals: map[fingerprint]*local{},
		reached: map[protocols.Condition]bool{},
	}
	pid := s.pid(index)
	c.fresh = func() protocols.Register {
		return protocols.Incarnate(s.Protocol, protocols.ClientParams{
			T: s.T, PID: pid, Suite: s.suite, Keys: keys, Entropy: play.Entropy(1, pid), Issued: protocols.Remembered{},
		})
	}
	return c
}

// initial is the state of the client that has begun its first operation.
func (c *client) initial() move {
	m := move{to: &local{live: &live{register: c.fresh()}}}
	c.begin(&m)
	m.to = c.intern(m.to)
	return m
}

// begin begins the operation in progress, and the next one if that ends at once; it does nothing if all have ended.
func (c *client) begin(m *move) {
	l := m.to
	if l.op == len(c.Ops) {
		return
	}
	o := c.Ops[l.op]
	if o.Kind == protocols.Write {
		value := make([]byte, valueBytes)
		c.values.Fill(value, c.id(l.op), o.Key)
		l.live.inner = l.live.register.Write(o.Key, value, protocols.Heap{})
	} else {
		l.live.inner = l.live.register.Read(o.Key, protocols.Heap{})
	}
	l.live.driver = play.New(l.live.inner, c.servers)
	l.round, l.rounds = 0, nil
	c.follow(m, l.live.driver.Start)
}

// id is that of the value which the client's operation writes.
func (c *client) id(op int) workloads.ID {
	return workloads.ID{Client: uint64(c.index + 1), Seq: uint64(op + 1)}
}

// follow does what the operation wants after a step.
func (c *client) follow(m *move, step func() (play.Requests, error)) {
	l := m.to
	q, err := step()
	if err != nil {
		l.err = err
		return
	}
	if q.Begins {
		l.round = q.Round
		l.rounds = append(l.rounds, make([]byte, c.servers))
	}
	for server, raw := range q.To {
		if raw.Body != nil {
			l.rounds[q.Round-1][server] = isAsked
			m.sends = append(m.sends, request{l.op, q.Round, server, c.mail.intern(raw)})
		}
	}
	if l.live.driver.Done() {
		l.results = append(l.results, c.ended(l))
		l.op++
		c.begin(m)
	}
}

// ended is what the operation that ended came to.
func (c *client) ended(l *local) ending {
	result, err := l.live.driver.Result()
	e := ending{ts: result.Timestamp, rounds: l.live.driver.Round(), bottom: result.Bottom}
	switch {
	case err != nil:
		e.err = err.Error()
	case c.Ops[l.op].Kind == protocols.Write:
		e.value = c.id(l.op)
	case !result.Bottom:
		if e.value, err = c.values.Check(result.Value, c.Ops[l.op].Key); err != nil {
			e.value = history.Corrupt
		}
	}
	return e
}

// hear is what the client does when it hears something.
func (c *client) hear(l *local, in input) move {
	if m, known := l.next[in]; known {
		return m
	}
	n := &local{
		from: l, heard: in, op: l.op, round: l.round, live: c.take(l), results: l.results[:len(l.results):len(l.results)],
	}
	for _, of := range l.rounds {
		n.rounds = append(n.rounds, slices.Clone(of))
	}
	if in.reply != nil {
		n.rounds[in.round-1][in.server] = hasAnswered
	}
	m := move{to: n}
	c.follow(&m, func() (play.Requests, error) {
		defer c.note(n.live.driver)
		return n.live.tell(in)
	})
	m.to = c.intern(n)
	if l.next == nil {
		l.next = map[input]move{}
	}
	l.next[in] = m
	return m
}

// tell hands the input to the operation.
func (x *live) tell(in input) (play.Requests, error) {
	if in.reply == nil {
		return x.driver.Overdue(in.round)
	}
	return x.driver.Answer(in.round, in.server, in.reply.Message)
}

// take takes the objects in the state, or makes them again: all that the client heard, once more. They cannot be copied.
func (c *client) take(l *local) *live {
	if x := l.live; x != nil {
		l.live = nil
		return x
	}
	again := move{to: &local{live: &live{register: c.fresh()}}}
	if l.from == nil {
		c.begin(&again)
		return again.to.live
	}
	again.to = &local{op: l.from.op, live: c.take(l.from), rounds: make([][]byte, l.from.round)}
	for i := range again.to.rounds {
		again.to.rounds[i] = make([]byte, c.servers)
	}
	c.follow(&again, func() (play.Requests, error) { return again.to.live.tell(l.heard) })
	return again.to.live
}

// quiet is the fingerprint of what the client consists of, without what its driver knows.
func (c *client) quiet(l *local) fingerprint {
	d := newDigest()
	d.number(uint64(l.op))
	d.number(uint64(l.round))
	for _, e := range l.results {
		d.bytes(fmt.Append(nil, e))
	}
	if l.op < len(c.Ops) {
		d.deep(reflect.ValueOf(l.live.register))
		d.deep(reflect.ValueOf(l.live.inner))
	}
	return d.sum()
}

// intern returns the one state like this.
func (c *client) intern(l *local) *local {
	l.quiet = c.quiet(l)
	l.hedged = l.op < len(c.Ops) && l.live.driver.Hedged(l.round)
	d := newDigest()
	d.Write(l.quiet[:])
	d.flag(l.hedged)
	if c.late {
		for i := range max(0, l.round-1) {
			l.rounds[i] = nil
		}
	}
	d.bytes(fmt.Append(nil, l.rounds))
	if !c.merged && l.from != nil {
		d.Write(l.from.fingerprint[:])
		d.bytes(fmt.Append(nil, l.heard.round, l.heard.server))
		if l.heard.reply != nil {
			d.Write(l.heard.reply.fingerprint[:])
		}
	}
	l.fingerprint = d.sum()
	known := c.locals[l.fingerprint]
	if known == nil {
		c.locals[l.fingerprint] = l
		return l
	}
	if known.live == nil {
		known.live = l.live
	}
	return known
}

// over reports whether all operations have ended.
func (c *client) over(l *local) bool { return l.op == len(c.Ops) }
