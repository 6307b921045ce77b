package sim

import (
	"bytes"
	"errors"
	"slices"

	"github.com/powbench/powbench/protocols"
)

// host is one server and its disk.
type host struct {
	*world
	index     int
	automaton protocols.Server
	correct   bool
	// The records, by key, and how to take the unsynced batches back, oldest first, where a loss of power undoes them.
	records  map[protocols.Key]map[string]protocols.Record
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
			world: w, index: i, correct: true, records: map[protocols.Key]map[string]protocols.Record{},
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
	state := &lentState{records: h.records[key]}
	request.Payload = bytes.Clone(request.Payload)
	reply, records, err := h.automaton.Handle(from, key, request, state)
	if err != nil {
		return protocols.Message{}, err
	}
	h.apply(key, records)
	if reply.Payload != nil {
		reply.Payload = append([]byte{}, reply.Payload...)
	}
	state.takeBack()
	scribble(request.Payload)
	return reply, nil
}

// apply stores the records of one request, all or none.
func (h *host) apply(key protocols.Key, records []protocols.Record) {
	if len(records) == 0 {
		return
	}
	if h.records[key] == nil {
		h.records[key] = map[string]protocols.Record{}
	}
	mine := h.records[key]
	for _, r := range records {
		old, had := mine[r.Name]
		if mine[r.Name] = clone(r); r.Delete {
			delete(mine, r.Name)
		}
		if h.Durability != protocols.Fsync {
			h.unsynced = append(h.unsynced, func() {
				if mine[r.Name] = old; !had {
					delete(mine, r.Name)
				}
			})
		}
	}
}

// forget takes the last n unsynced records back.
func (h *host) forget(n int) {
	kept := len(h.unsynced) - n
	for i := len(h.unsynced) - 1; i >= kept; i-- {
		h.unsynced[i]()
	}
	h.unsynced = h.unsynced[:kept]
}

func clone(r protocols.Record) protocols.Record {
	return protocols.Record{Name: r.Name, Body: bytes.Clone(r.Body), Payload: bytes.Clone(r.Payload)}
}

// lentState lends copies of records for the time of one request.
type lentState struct {
	records map[string]protocols.Record
	lent    [][]byte
}

// Get implements protocols.StateReader.
func (s *lentState) Get(name string) (body, payload []byte, found bool, err error) {
	r, found := s.records[name]
	body, payload = bytes.Clone(r.Body), bytes.Clone(r.Payload)
	s.lent = append(s.lent, body, payload)
	return body, payload, found, nil
}

// Body implements protocols.StateReader.
func (s *lentState) Body(name string) (body []byte, found bool, err error) {
	r, found := s.records[name]
	body = bytes.Clone(r.Body)
	s.lent = append(s.lent, body)
	return body, found, nil
}

func (s *lentState) takeBack() {
	for _, b := range s.lent {
		scribble(b)
	}
}

func scribble(b []byte) {
	for i := range b {
		b[i] = 0xDB
	}
}

// refused reports whether the error blames the sender of a request.
func refused(err error) bool { return errors.Is(err, protocols.ErrRefused) }
