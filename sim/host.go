package sim

import (
	"math"

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
	sent     []int // messages to each other server
	down     bool
	back     int64 // when it is up again, if it is down; never if 0
}

// setUpHosts starts n servers: the adversary picks t, which attack if the attack has servers do so, and otherwise
// may crash for good or come back without their memory.
func (w *world) setUpHosts(n int) {
	w.hosts = make([]*host, n)
	for i := range w.hosts {
		w.hosts[i] = &host{
			world: w, index: i, correct: true, records: play.Store{}, sent: make([]int, n),
			automaton: w.Protocol.NewServer(protocols.ServerParams{Index: i, T: w.T, Suite: w.suite, Keys: w.keys.servers[i]}),
		}
	}
	bad := w.Order(choose(faulty, 0, 0), n)
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

// take lets the server take a message. What it was lent is overwritten afterwards, so that a server which keeps it is
// found out. A refusal has no effects.
func (h *host) take(in protocols.Incoming) (protocols.Effects, error) {
	lent := h.records.Lend(in.Key)
	defer lent.TakeBack()
	in.Payload = lent.Payload(in.Payload)
	e, err := protocols.Take(h.automaton, in, lent)
	if err != nil {
		return protocols.Effects{}, err
	}
	for _, r := range e.Records {
		h.apply(in.Key, r)
	}
	e.Reply.Payload = play.ClonePayload(e.Reply.Payload)
	for i := range e.Later {
		e.Later[i].Payload = play.ClonePayload(e.Later[i].Payload)
	}
	for i := range e.Peers {
		e.Peers[i].Payload = play.ClonePayload(e.Peers[i].Payload)
	}
	return e, nil
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

// The outages and partitions of a schedule happen in its first span ticks, which is about how long its operations take
// if nothing is in their way.
const span = 512

// never is a restart that does not happen.
const never = math.MaxInt64

// setUpOutages plans when servers are down. Any server may be for a while, as long as it forgets nothing; those in bad
// may stay away, or come back without what they had not synced.
func (w *world) setUpOutages(bad []int) {
	for n := range 2 {
		if c := choose(outage, 0, n); w.Choose(c, 4) == 3 && w.Durability != protocols.Volatile {
			w.planOutage(w.Choose(c.part(8), len(w.hosts)), c, false)
		}
	}
	for n, server := range bad {
		if c := choose(outage, server, n+2); w.Choose(c, 2) == 1 {
			w.planOutage(server, c, true)
		}
	}
}

// planOutage takes a server down at an instant and up again later, both parts of the choice.
func (w *world) planOutage(server int, c Choice, faulty bool) {
	h := w.hosts[server]
	at, length := int64(w.Choose(c.part(16), span)), int64(1+w.Choose(c.part(28), span))
	powerless := faulty && h.Durability != protocols.Fsync
	stays := faulty && (!powerless || w.Choose(c.part(60), 2) == 0)
	if faulty {
		h.correct = false
	}
	w.plan(at, func() {
		if h.down {
			return
		}
		h.down, h.back = true, at+length
		if stays {
			h.back = never
			w.tracef("s%d crashes for good", server+1)
			return
		}
		w.tracef("s%d crashes", server+1)
		w.plan(h.back, func() { h.restart(powerless) })
	})
}

// restart brings the server back. Memory keeps nothing; without power, writes that were not synced are lost from some
// instant on.
func (h *host) restart(powerless bool) {
	lost := 0
	if powerless {
		lost = len(h.unsynced)
		if h.Durability == protocols.Unsynced {
			lost = h.Choose(choose(loss, h.index, 0), lost+1)
		}
	}
	h.forget(lost)
	h.down = false
	h.tracef("s%d is back, %d records lost", h.index+1, lost)
}

// partition cuts servers off from all clients, and from each other, for a while.
type partition struct {
	from, to int64
	cut      []bool // by server
}

// setUpPartitions plans partitions: as the attack asks for, or now and then one of up to t servers.
func (w *world) setUpPartitions() {
	isolate := w.Attack.Isolate[0]*w.T + w.Attack.Isolate[1]
	for n := range 2 {
		c, size := choose(partitioned, 0, n), isolate
		if size == 0 && w.Choose(c, 8) == 7 {
			size = 1 + w.Choose(c.part(8), w.T)
		}
		if size == 0 || !w.Chance(c, 100) {
			continue
		}
		p := partition{from: int64(w.Choose(c.part(16), span)), cut: make([]bool, len(w.hosts))}
		p.to = p.from + 64 + int64(w.Choose(c.part(28), span))
		for _, i := range w.Order(choose(partitioned, 0, 16+n), len(w.hosts))[:size] {
			p.cut[i] = true
			w.tracef("s%d is cut off from %d to %d", i+1, p.from, p.to)
		}
		w.partitions = append(w.partitions, p)
	}
}

// healed is when a message that would arrive at the instant gets through to or from the server.
func (w *world) healed(server int, at int64) int64 {
	for range w.partitions { // one may end within another
		for _, p := range w.partitions {
			if p.cut[server] && p.from <= at && at < p.to {
				at = p.to
			}
		}
	}
	return at
}
