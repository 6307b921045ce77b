package explore

import (
	"fmt"
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
)

// A step takes one state to the next.
type step struct {
	what
	first []flight // requests that the server handles before, in this order
	flight
	key protocols.Key // of an intrusion
}

// what happens in a step.
type what byte

const (
	deliver what = iota // a request is handled, and its answer reaches the client at once
	serve               // a request is handled
	answer              // an answer that was under way reaches the client
	lie                 // the liar answers with this message
	overdue             // the client hears that its round is overdue
	begin               // the operation begins
	die                 // the client dies
	intrude             // a hostile reader has a server store something
)

// Finding is a harm, with what is wrong.
type finding struct {
	harm   byzantine.Harm
	detail string
}

// asks is the request as the store of its server meets it.
func (x *Search) asks(s *state, f flight) asked {
	c := x.clients[f.client]
	return asked{s.stores[f.server], c.role, c.Ops[f.op].Key, f.message}
}

// apply is the state after the step.
func (x *Search) apply(s *state, p step) (n *state, f *finding) {
	n = s.clone()
	for _, e := range p.first {
		if f := x.serve(n, e); f != nil {
			return n, f
		}
	}
	switch p.what {
	case deliver:
		if f := x.serve(n, p.flight); f != nil {
			return n, f
		}
		at, found := slices.BinarySearchFunc(n.mail, p.flight, flight.compare)
		if !found {
			return n, nil // a server that does not answer
		}
		reply := n.mail[at]
		return n, x.hear(n, reply)
	case serve:
		return n, x.serve(n, p.flight)
	case answer:
		return n, x.hear(n, p.flight)
	case lie:
		x.begin(n, p.flight.client)
		return n, x.hear(n, p.flight)
	case overdue:
		return n, x.tell(n, p.client, input{round: p.round})
	case begin:
		x.begin(n, p.flight.client)
	case die:
		n.dead[p.client] = true
		n.mail = slices.DeleteFunc(n.mail, func(f flight) bool { return f.client == p.client })
	case intrude:
		x.writing(p.Body.Kind())
		n.stores[p.server] = x.intruding(s, p).store
		n.intruded++
	}
	return n, nil
}

// begin notes what had ended when the operation in progress of the client began, if it begins now.
func (x *Search) begin(n *state, client int) {
	if n.begun[client] {
		return
	}
	n.begun[client] = true
	n.before[x.number(client, n.locals[client].op)] = x.ended(n)
	if x.liar < 0 {
		return
	}
	for _, f := range n.mail {
		if f.client == client && f.op == n.locals[client].op && f.server == x.liar && !f.reply {
			x.learn(n, f)
		}
	}
}

// learn lets the liar take a request in.
func (x *Search) learn(n *state, f flight) {
	h := x.servers[x.liar].handle(x.asks(n, f))
	if h.store == n.stores[x.liar] {
		return
	}
	n.stores[x.liar] = h.store
	if !slices.Contains(n.memory, h.store) {
		n.memory = append(n.memory, h.store)
	}
}

// number is the operation's place among all.
func (x *Search) number(client, op int) int { return x.offsets[client] + op }

// ended are the operations that have ended, as bits.
func (x *Search) ended(s *state) (bits uint64) {
	for i, l := range s.locals {
		for op := range l.op {
			bits |= 1 << x.number(i, op)
		}
	}
	return bits
}

// serve lets a server handle a request. The answer is under way if somebody may wait for it.
func (x *Search) serve(n *state, f flight) *finding {
	if f.op == n.locals[f.client].op {
		x.begin(n, f.client)
	}
	h := x.servers[f.server].handle(x.asks(n, f))
	n.remove(f)
	if h.err != nil {
		return &finding{byzantine.Failure, fmt.Sprintf("s%d refused what p%d sent: %v", f.server+1, x.pid(f.client), h.err)}
	}
	if h.store != n.stores[f.server] {
		x.writing(f.Body.Kind())
		n.stores[f.server] = h.store
	}
	if h.reply != nil && x.awaited(n, f) {
		f.reply, f.message = true, h.reply
		n.add(f)
	}
	return nil
}

// awaited reports whether the answer to the request may still change something at its client.
func (x *Search) awaited(n *state, f flight) bool {
	l := n.locals[f.client]
	return !n.dead[f.client] && f.op == l.op && (f.round == l.round || !x.Reductions.Late)
}

// hear brings an answer to its client.
func (x *Search) hear(n *state, f flight) *finding {
	n.remove(f)
	return x.tell(n, f.client, input{f.round, f.server, f.message})
}

// tell brings the client something to hear, and sends what it then sends.
func (x *Search) tell(n *state, client int, in input) *finding {
	was := n.locals[client]
	m := x.clients[client].hear(was, in)
	n.locals[client] = m.to
	if m.to.op != was.op {
		n.begun[client] = false
	}
	if m.to.op != was.op || m.to.round != was.round {
		x.outdate(n, client)
	}
	x.send(n, client, m.sends)
	return x.amiss(client, m.to, was)
}

// amiss says what is wrong with how the client went on, apart from its history.
func (x *Search) amiss(client int, l, was *local) *finding {
	if l.err != nil {
		return &finding{byzantine.Failure, l.err.Error()}
	}
	for _, e := range l.results[len(was.results):] {
		if e.err != "" {
			return &finding{byzantine.Failure, e.err}
		}
		if e.ts.Num > x.writesInAll {
			return &finding{byzantine.Exhaustion, fmt.Sprintf("p%d has timestamp %v, with %d WRITEs in all", x.pid(client), e.ts, x.writesInAll)}
		}
	}
	return nil
}

// send puts requests under way. The liar has them at once: what it has not heard of yet it could as well pass over.
func (x *Search) send(n *state, client int, all []request) {
	for _, r := range all {
		f := flight{client: client, op: r.op, round: r.round, server: r.server, message: r.message}
		n.add(f)
		if f.server == x.liar && n.begun[client] && f.op == n.locals[client].op {
			x.learn(n, f)
		}
	}
}

// outdate drops what is under way for rounds of the client that are over and changes nothing any more: answers, and
// requests that no server stores anything for.
func (x *Search) outdate(n *state, client int) {
	l := n.locals[client]
	n.mail = slices.DeleteFunc(n.mail, func(f flight) bool {
		if f.client != client || f.op == l.op && (f.round >= l.round || !x.Reductions.Late) {
			return false
		}
		if f.reply || f.server == x.liar {
			return true
		}
		return x.Reductions.Late && x.idle(f)
	})
}

// idle reports whether no server was ever seen to store something on such a request. Verify makes sure of it.
func (x *Search) idle(f flight) bool {
	k := f.Body.Kind()
	if x.writes[k] {
		return false
	}
	x.dropped[f.message] = f
	return true
}

// writing notes that servers store something on requests of the kind. If some were dropped, all begins again.
func (x *Search) writing(k protocols.Kind) {
	if x.writes[k] {
		return
	}
	x.writes[k] = true
	for m := range x.dropped {
		x.again = x.again || m.Body.Kind() == k
	}
}

// stuck is an operation that waits for ever: everybody has answered it who must, and it has not ended.
func (x *Search) stuck(s *state) *finding {
	for i, c := range x.clients {
		l := s.locals[i]
		if c.over(l) || !s.begun[i] || c.Dies || l.hedged || l.round == 0 {
			continue
		}
		if x.outstanding(s, i) > x.mayBeSilent {
			continue
		}
		return &finding{byzantine.Hang, fmt.Sprintf("%s #%d of p%d does not end, though all correct servers answered: round %d is open",
			c.Ops[l.op].Kind, l.op+1, x.pid(i), l.round)}
	}
	return nil
}

// outstanding counts the servers that have something under way for the client's operation, apart from the liar.
func (x *Search) outstanding(s *state, client int) (n int) {
	seen := uint64(0)
	for _, f := range s.mail {
		if f.client == client && f.server != x.liar && x.awaited(s, f) && seen>>f.server&1 == 0 {
			seen |= 1 << f.server
			n++
		}
	}
	return n
}
