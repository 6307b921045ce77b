package explore

// verify makes sure of what the reduction Late takes for granted, for every state that was reached: that no server stores
// anything on a request that was dropped, and that no client that is further on makes anything of an answer to it. If one
// does, all begins again: in the first case no such request is dropped, in the second no answer.
func (x *Search) verify() {
	if !x.Reductions.Late {
		return
	}
	for _, f := range x.dropped {
		for _, st := range x.servers[f.server].stores {
			c := x.clients[f.client]
			h := x.servers[f.server].handle(asked{st, c.role, c.Ops[f.op].Key, f.message})
			if h.store != st {
				x.writing(f.Body.Kind())
			}
		}
	}
	for _, c := range x.clients {
		if x.heedsLate(c) {
			x.Reductions.Late, x.again = false, true
		}
	}
}

// heedsLate reports whether an operation of the client makes something of an answer to an earlier round.
func (x *Search) heedsLate(c *client) bool {
	answers := x.answers(c)
	for _, l := range c.locals {
		if !c.over(l) && l.round > 1 && c.heeds(l, answers[l.op]) {
			return true
		}
	}
	return false
}

// answers are all that servers may answer the client, by operation.
func (x *Search) answers(c *client) []map[input]bool {
	all := make([]map[input]bool, len(c.Ops))
	for op := range all {
		all[op] = map[input]bool{}
	}
	add := func(f flight) {
		for _, st := range x.servers[f.server].stores {
			if h := x.servers[f.server].handle(asked{st, c.role, c.Ops[f.op].Key, f.message}); h.reply != nil {
				all[f.op][input{f.round, f.server, h.reply}] = true
			}
		}
	}
	for _, l := range c.locals {
		for in, m := range l.next {
			if in.reply != nil {
				all[l.op][in] = true
			}
			for _, r := range m.sends {
				add(flight{client: c.index, op: r.op, round: r.round, server: r.server, message: r.message})
			}
		}
	}
	for _, r := range c.initial().sends {
		add(flight{client: c.index, op: r.op, round: r.round, server: r.server, message: r.message})
	}
	return all
}

// heeds reports whether the operation makes something of one of the answers that is late.
func (c *client) heeds(l *local, answers map[input]bool) bool {
	x := c.take(l)
	for in := range answers {
		if in.round >= l.round {
			continue
		}
		step := x.inner.Answer(in.round, in.server, in.reply.Message)
		if step.Done || step.Next != nil || step.More != nil {
			return true
		}
	}
	return c.quiet(&local{op: l.op, round: l.round, results: l.results, live: x}) != l.quiet
}
