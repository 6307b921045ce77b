package explore

import (
	"cmp"
	"slices"
)

// A place is where the last step was: at a client, in a round of an operation, with a server.
type place struct{ client, op, round, server int }

// behind is the place behind the step. An intrusion is no client's.
func (at place) behind(p step) place {
	if p.what == intrude {
		return at
	}
	return place{p.client, p.op, p.round, p.server}
}

// with is the fingerprint of a state in which the last step was there.
func (at place) with(state fingerprint) fingerprint {
	d := newDigest()
	d.Write(state[:])
	for _, n := range []int{at.client, at.op, at.round, at.server} {
		d.number(uint64(n))
	}
	return d.sum()
}

// byItself is the steps with the one first that happens by itself: an answer arrives, or else a request does, of operations in progress;
// without one an operation begins; and at last comes what operations left behind when they ended. The client of the last step goes on,
// and its round with the server that follows, so that what was passed over waits. All other steps deviate: messages that pass others,
// lies, intrusions and deaths.
func (x *Search) byItself(s *state, at place, all []step) []step {
	var ranks [6][]step
	for i, p := range all {
		honest := i == 0 || all[i-1].what != lie || all[i-1].compare(p.flight) != 0 // the liar's first answer to a request
		r := x.rank(s, p, honest)
		ranks[r] = append(ranks[r], p)
	}
	for _, same := range ranks {
		slices.SortStableFunc(same, func(a, b step) int { return cmp.Compare(x.distance(at, a), x.distance(at, b)) })
	}
	return slices.Concat(ranks[:]...)
}

// rank is how soon the step happens by itself.
func (x *Search) rank(s *state, p step, honest bool) int {
	switch p.what {
	case answer:
		return 0
	case deliver, serve, lie:
		switch {
		case p.what == lie && !honest:
			return 5
		case p.op < s.locals[p.client].op:
			return 3
		}
		return 1
	case begin:
		return 2
	case overdue:
		return 4
	}
	return 5
}

// distance is how far away from the place the step is: clients come in turn, and of one client servers do, in each round from the first.
func (x *Search) distance(at place, p step) int {
	clients, servers := len(x.clients), len(x.servers)
	from := 0
	if p.client == at.client && p.op == at.op && p.round == at.round {
		from = at.server + 1
	}
	return (p.client-at.client+clients)%clients*servers + (p.server-from+servers)%servers
}
