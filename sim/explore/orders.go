package explore

// steps are all that can happen in the state. If nobody deviates any more, the liar has one
// answer to each request, and a hostile reader rests.
func (x *Search) steps(s *state, straight bool) (all []step) {
	for i, c := range x.clients {
		l := s.locals[i]
		if c.over(l) || !x.ready(s, i) {
			continue
		}
		if c.Dies && x.followed[i] {
			all = append(all, step{what: die, flight: flight{client: i}})
		}
		if s.begun[i] && l.hedged {
			all = append(all, step{what: overdue, flight: flight{client: i, op: l.op, round: l.round}})
		}
		if begins := x.beginning(s, i); begins != nil {
			all = append(all, *begins)
		}
	}
	for _, f := range s.mail {
		switch {
		case !x.ready(s, f.client) || s.dead[f.client]:
		case f.server == x.liar:
			all = append(all, x.lies(s, f, straight)...)
		case f.reply:
			all = append(all, step{what: answer, flight: f})
		case !x.Reductions.Lazy:
			if f.op < s.locals[f.client].op || s.begun[f.client] {
				all = append(all, step{what: serve, flight: f})
			}
		case x.awaited(s, f):
			all = x.deliveries(all, s, f)
		}
	}
	if x.Menu.reader && !straight {
		all = append(all, x.intrusions(s)...)
	}
	return all
}

// ready reports whether the client lives and those have ended that it must wait for.
func (x *Search) ready(s *state, client int) bool {
	for _, i := range x.clients[client].After {
		if !x.clients[i].over(s.locals[i]) && !s.dead[i] {
			return false
		}
	}
	return !s.dead[client]
}

// beginning is the step in which the client's operation begins by itself. Where steps are lazy it begins with what
// happens first at a server or client; only what the liar learns by then is then a difference.
func (x *Search) beginning(s *state, client int) *step {
	if s.begun[client] {
		return nil
	}
	p := &step{what: begin, flight: flight{client: client, op: s.locals[client].op}}
	if !x.Reductions.Lazy {
		return p
	}
	if x.liar < 0 {
		return nil
	}
	if n, _ := x.apply(s, *p); n.stores[x.liar] == s.stores[x.liar] {
		return nil
	}
	return p
}

// deliveries are the ways to deliver the request and its answer: behind the other requests under way to this server, as
// many of them, and in such orders, as make a difference.
//
// A request that a server handles makes no difference before somebody hears its answer, or the server handles another
// that does not commute with it. So of all executions that differ in the order of independent steps alone, it is enough
// to see the one in which servers handle each request as late as possible. In it, requests are handled one right after
// the other at one server, the answer to the last is heard at once, no request commutes with the last if it stands right
// before it, and of two neighbours that commute the first in order comes first.
func (x *Search) deliveries(all []step, s *state, f flight) []step {
	var behind func(before, now *state, first []flight)
	behind = func(before, now *state, first []flight) {
		commutes := func(e flight) bool { return len(first) > 0 && x.commute(before, first[len(first)-1], e) }
		if !commutes(f) {
			all = append(all, step{what: deliver, first: first, flight: f})
		}
		for _, e := range now.mail {
			if e.reply || e.server != f.server || e.compare(f) == 0 || !x.ready(s, e.client) {
				continue
			}
			if len(first) > 0 && first[len(first)-1].compare(e) > 0 && commutes(e) {
				continue
			}
			further := append(first[:len(first):len(first)], e)
			after, failed := x.apply(now, step{what: serve, flight: e})
			if failed != nil {
				all = append(all, step{what: deliver, first: first, flight: e})
				continue
			}
			behind(now, after, further)
		}
	}
	behind(nil, s, nil)
	return all
}

// commute reports whether the two requests do in the state, at the server of both.
func (x *Search) commute(s *state, a, b flight) bool {
	return x.servers[a.server].commute(x.asks(s, a), x.asks(s, b), x.awaited(s, a), x.awaited(s, b))
}
