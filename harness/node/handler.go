package node

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"sync"
	"sync/atomic"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/storage"
	"github.com/powbench/powbench/transport"
)

// lanes is the number of lanes. It is large beside the number of requests that a server handles at one time, so that two
// keys seldom share one.
const lanes = 1 << 14

// handler runs the automaton: the requests to one key one after the other, each durable before its reply leaves.
type handler struct {
	automaton protocols.Server
	store     *storage.Store
	seed      maphash.Seed
	lanes     [lanes]lane
	tell      func(protocols.Letter)          // answers an earlier request
	peers     atomic.Pointer[transport.Peers] // nil until they are known
}

// A lane serialises the requests of one key; keys that share one merely wait. It is not held while records are on their
// way to the disk, so that requests which follow join them in one write or sync.
type lane struct {
	mu   sync.Mutex
	last *storage.Commit // that the lane's requests began; nil if none did
}

// handle takes a request or a message, and answers and sends when all is durable that this may tell of: what the request has
// stored, and what those before it have.
func (h *handler) handle(in protocols.Incoming, mem protocols.Memory) (protocols.Message, error) {
	effects, commit, err := h.lane(in.Key).handle(h, in, mem)
	if err == nil {
		err = commit.Wait()
	}
	if err == nil {
		err = h.send(in.Key, effects)
	}
	return effects.Reply, err
}

// send sends what goes to others than the one who sent the message. Without the others' addresses it is lost, as if this
// server had come up later.
func (h *handler) send(key protocols.Key, e protocols.Effects) error {
	for _, l := range e.Later {
		l.Payload = bytes.Clone(l.Payload) // it leaves later than the memory that it lies in lives
		h.tell(l)
	}
	peers := h.peers.Load()
	if e.Peers == nil || peers == nil {
		return nil
	}
	return peers.Post(key, e.Peers)
}

func (h *handler) lane(key protocols.Key) *lane {
	return &h.lanes[maphash.String(h.seed, string(key))%lanes]
}

// handle lets the automaton take one message and returns the commit to wait for.
func (l *lane) handle(h *handler, in protocols.Incoming, mem protocols.Memory) (protocols.Effects, *storage.Commit, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	effects, err := protocols.Take(h.automaton, in, h.store.State(in.Key, mem))
	if err != nil {
		return protocols.Effects{}, nil, fmt.Errorf("key %q: %w", in.Key, err)
	}
	if len(effects.Records) > 0 {
		if l.last, err = h.store.Begin(in.Key, effects.Records); err != nil {
			return protocols.Effects{}, nil, err
		}
	}
	return effects, l.last, nil
}
