package explore

import (
	"cmp"
	"slices"
)

// state is all participants, what is under way between them, and the order of what has ended and begun.
type state struct {
	stores []*store // by server
	memory []*store // what the liar has held, the latest last; nil if there is none
	locals []*local // by client
	mail   []flight // in a fixed order
	begun  []bool   // by client: whether the operation in progress has begun
	dead   []bool   // by client
	// before are the operations that had ended when an operation began, as bits, by operation. With what operations
	// returned it is all of the history that matters: times matter only by their order.
	before   []uint64
	intruded int // how often a hostile reader had a server store something
}

// flight is a message under way.
type flight struct {
	client, op, round, server int
	reply                     bool
	*message
}

func (f flight) compare(o flight) int {
	return cmp.Or(cmp.Compare(f.client, o.client), cmp.Compare(f.op, o.op), cmp.Compare(f.round, o.round),
		cmp.Compare(f.server, o.server))
}

func (s *state) clone() *state {
	return &state{
		stores: slices.Clone(s.stores), memory: s.memory[:len(s.memory):len(s.memory)], locals: slices.Clone(s.locals),
		mail: slices.Clone(s.mail), begun: slices.Clone(s.begun), dead: slices.Clone(s.dead), before: slices.Clone(s.before),
		intruded: s.intruded,
	}
}

// add puts a message under way.
func (s *state) add(f flight) {
	at, _ := slices.BinarySearchFunc(s.mail, f, flight.compare)
	s.mail = slices.Insert(s.mail, at, f)
}

// remove takes a message from under way.
func (s *state) remove(f flight) {
	if at, found := slices.BinarySearchFunc(s.mail, f, flight.compare); found {
		s.mail = slices.Delete(s.mail, at, at+1)
	}
}

// key is the fingerprint of the state.
func (s *state) key() fingerprint {
	d := newDigest()
	buf := make([]byte, 0, 1024)
	for _, x := range s.stores {
		buf = append(buf, x.fingerprint[:]...)
	}
	for _, x := range s.memory {
		buf = append(buf, x.fingerprint[:]...)
	}
	for i, x := range s.locals {
		buf = append(append(buf, x.fingerprint[:]...), bit(s.begun[i])|bit(s.dead[i])<<1)
	}
	for _, f := range s.mail {
		buf = append(append(buf, f.fingerprint[:]...), byte(f.client), byte(f.op), byte(f.round), byte(f.server), bit(f.reply))
	}
	for _, b := range s.before {
		buf = append(buf, byte(b), byte(b>>8))
	}
	buf = append(buf, byte(s.intruded))
	d.Write(buf)
	return d.sum()
}

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}
