package sim

import (
	"errors"
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/play"
)

// host is one server and its disk.
type host struct {
	*world
	index     int
	automaton protocols.Server
	correct   bool
	// The records, by key, and how to take the unsynced batches back, oldest first, where a loss of power undoes them.
	records  play.Store
	unsynced []func()
	down     bool
	back     int64 // when it is up again, if it is down; never if 0
}

// setUpHosts starts the servers: the adversary picks t, which attack if the attack has servers do so, and otherwise
// may crash for good or come back without their memory.
func (w *world) setUpHosts() {
	n := w.Protocol.Traits(w.T).Servers
	w.hosts = make([]*host, n)
	for i := range w.hosts {
		w.hosts[i] = &host{
			world: w, index: i, correct: true, records: play.Store{},
			automaton: w.Protocol.NewServer(protocols.ServerParams{Index: i, T: w.T, Suite: w.suite, Keys: w.keys.servers[i]}),
		}
	}
	bad := w.permutation(choose(faulty, 0, 0), n)
	if w.Attack.Server == nil {
		w.setUpOutages(bad[:w.T])
		return
	}
	for _, i := range bad[:min(n, w.T+w.Attack.Liars)] {
		w.hosts[i].correct = false
		w.hosts[i].automaton = w.Attack.Server(w.part(i, i), w.hosts[i].automaton)
		w.tracef("s%d is Byzantine", i+1)
	}
	w.setUpOutages(nil)
}

// permutation is the numbers below n in an order that the choice decides; muted, in their own.
func (s *schedule) permutation(c Choice, n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	if u := s.draw(c); u != 0 {
		slices.SortFunc(order, func(a, b int) int {
			return int(mix(u+uint64(a))>>33) - int(mix(u+uint64(b))>>33)
		})
	}
	return order
}

// handle lets the server answer a request. What it was lent is overwritten afterwards, so that a server which keeps it
// is found out. A refusal has no reply.
func (h *host) handle(from protocols.Role, key protocols.Key, request protocols.Message) (reply protocols.Message, err error) {
	lent := h.records.Lend(key)
	defer lent.TakeBack()
	request.Payload = lent.Payload(request.Payload)
	reply, records, err := h.automaton.Handle(from, key, request, lent)
	if err != nil {
		return protocols.Message{}, err
	}
	for _, r := range records {
		h.apply(key, r)
	}
	reply.Payload = play.ClonePayload(reply.Payload)
	return reply, nil
}

// apply stores a record, and remembers how to take it back.
func (h *host) apply(key protocols.Key, r protocols.Record) {
	old, had := h.records[key][r.Name]
	h.records.Put(key, r)
	if h.Durability == protocols.Fsync {
		return
	}
	mine := h.records[key]
	h.unsynced = append(h.unsynced, func() {
		if mine[r.Name] = old; !had {
			delete(mine, r.Name)
		}
	})
}

// forget takes the last n unsynced records back.
func (h *host) forget(n int) {
	kept := len(h.unsynced) - n
	for i := len(h.unsynced) - 1; i >= kept; i-- {
		h.unsynced[i]()
	}
	h.unsynced = h.unsynced[:kept]
}

// refused reports whether the error blames the sender of a request.
func refused(err error) bool { return errors.Is(err, protocols.ErrRefused) }
