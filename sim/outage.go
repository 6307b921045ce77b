package sim

import (
	"math"

	"github.com/powbench/powbench/protocols"
)

// The outages and partitions of a schedule happen in its first span ticks, which is about how long its operations take
// if nothing is in their way.
const span = 512

// never is a restart that does not happen.
const never = math.MaxInt64

// setUpOutages plans when servers are down. Any server may be for a while, as long as it forgets nothing; those in bad
// may stay away, or come back without what they had not synced.
func (w *world) setUpOutages(bad []int) {
	for n := range 2 {
		u := w.draw(choose(outage, 0, n))
		if u%4 != 3 || w.Durability == protocols.Volatile {
			continue
		}
		server := int(u >> 8 % uint64(len(w.hosts)))
		w.planOutage(server, u, false)
	}
	for n, server := range bad {
		if u := w.draw(choose(outage, server, n+2)); u%2 == 1 {
			w.planOutage(server, u, true)
		}
	}
}

// planOutage takes a server down at an instant and up again later, both of which u decides.
func (w *world) planOutage(server int, u uint64, faulty bool) {
	h := w.hosts[server]
	at, length := int64(u>>16%span), int64(1+u>>28%span)
	powerless := faulty && h.Durability != protocols.Fsync
	stays := faulty && !powerless || faulty && u>>60%2 == 0
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
			lost = int(h.draw(choose(loss, h.index, 0)) % uint64(lost+1))
		}
	}
	h.forget(lost)
	h.down = false
	h.tracef("s%d is back, %d records lost", h.index+1, lost)
}

// partition cuts servers off from all clients for a while.
type partition struct {
	from, to int64
	cut      []bool // by server
}

// setUpPartitions plans partitions: as the attack asks for, or now and then one of up to t servers.
func (w *world) setUpPartitions() {
	isolate := w.Attack.Isolate[0]*w.T + w.Attack.Isolate[1]
	for n := range 2 {
		u := w.draw(choose(partitioned, 0, n))
		size := isolate
		if size == 0 && u%8 == 7 {
			size = 1 + int(u>>8%uint64(w.T))
		}
		if u == 0 || size == 0 {
			continue
		}
		p := partition{from: int64(u >> 16 % span), cut: make([]bool, len(w.hosts))}
		p.to = p.from + 64 + int64(u>>28%span)
		for _, i := range w.permutation(choose(partitioned, 0, 16+n), len(w.hosts))[:size] {
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
