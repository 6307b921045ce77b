package byzantine

import (
	"errors"
	"slices"

	"github.com/powbench/powbench/protocols"
)

// errRevoked is why a liar writes no more.
var errRevoked = errors.New("the writer's key is revoked")

// A lurker is a writer that prepares WRITEs and completes none: it leaves the requests of their last round to accomplices, a
// reader and t servers. With the first that they publish its key is revoked, and it prepares no more (Z4).
type lurker struct {
	Part
	fresh    Fresh
	register protocols.Register
	left     map[protocols.Key]protocols.Message // the last that it left
}

func lurking(p Part, fresh Fresh) Liar {
	return &lurker{p, fresh, fresh(protocols.Timestamp{}), map[protocols.Key]protocols.Message{}}
}

// Lie implements Liar. A register that ends what it began before it goes on is made anew for each WRITE.
func (l *lurker) Lie(key protocols.Key, one, _ []byte, mem protocols.Memory) protocols.Operation {
	if l.Loot.Revoked() {
		return protocols.Failed(errRevoked)
	}
	register := l.register
	if l.book.Follow != nil {
		register = l.fresh(protocols.Timestamp{})
	}
	return &withheld{Operation: register.Write(key, one, mem), lurker: l, key: key}
}

// withheld is a WRITE that lacks its last round.
type withheld struct {
	protocols.Operation
	*lurker
	key    protocols.Key
	rounds int
}

// Start implements protocols.Operation.
func (w *withheld) Start() protocols.Broadcast {
	return w.kept(protocols.Begin(w.Operation.Start())).Next
}

// Answer implements protocols.Operation.
func (w *withheld) Answer(round, server int, reply protocols.Message) protocols.Step {
	if w.Loot.Revoked() {
		return protocols.Done()
	}
	if last, has := w.left[w.key]; has && round == 1 && w.book.Follow != nil {
		reply = w.book.Follow(w.Part, last, reply)
	}
	return w.kept(w.Operation.Answer(round, server, reply))
}

// kept is the step, or the end in place of the last round.
func (w *withheld) kept(step protocols.Step) protocols.Step {
	if step.Next == nil {
		return step
	}
	if w.rounds++; w.rounds < len(w.traits.Write) {
		return step
	}
	w.left[w.key] = step.Next[0]
	w.Loot.leave(w.key, step.Next)
	if w.book.Prepare == nil {
		return protocols.Done()
	}
	return protocols.Step{Next: w.book.Prepare(w.Part, step.Next), Done: true}
}

// Result implements protocols.Operation: an attack returns nothing.
func (w *withheld) Result() (protocols.Result, error) { return protocols.Result{}, nil }

// A publisher is a reader that publishes what a lurker left.
type publisher struct {
	protocols.Register
	Part
}

func publishing(p Part, r protocols.Register) protocols.Register { return publisher{r, p} }

// Read implements protocols.Register: it publishes the oldest WRITE of the key that is left. At first it waits, now and then
// for one more.
func (r publisher) Read(key protocols.Key, mem protocols.Memory) protocols.Operation {
	left := r.Loot.publish(key, func(left int) bool { return left > 1 || r.Dice.Roll(4) == 3 })
	if left != nil && r.book.Abet != nil {
		r.Loot.hand(key, left) // the servers that lie get to know of it with this READ
		left = nil
	}
	if left == nil {
		return r.Register.Read(key, mem)
	}
	requests := make(protocols.Broadcast, len(left))
	for server, m := range left {
		if requests[server] = m; m.Body != nil && r.book.Publish != nil {
			requests[server] = r.book.Publish(m)
		}
	}
	return &publication{requests: requests, missing: r.traits.Quorum}
}

// publication is the last round of a WRITE.
type publication struct {
	requests protocols.Broadcast
	missing  int
}

// Start implements protocols.Operation.
func (p *publication) Start() protocols.Broadcast { return p.requests }

// Answer implements protocols.Operation.
func (p *publication) Answer(int, int, protocols.Message) protocols.Step {
	p.missing--
	return protocols.Step{Done: p.missing == 0}
}

// Result implements protocols.Operation: an attack returns nothing.
func (*publication) Result() (protocols.Result, error) { return protocols.Result{Bottom: true}, nil }

// abetting is a server that completes what a lurker left, once it is to be published; else it is honest.
func abetting(p Part, inner protocols.Server) protocols.Server {
	done := map[protocols.Key]int{}
	p.Loot.join(p.Index)
	return attacker{inner, func(r request) (protocols.Effects, error) {
		e, err := r.answer(r.state)
		if err != nil || e.Peers != nil || p.book.Abet == nil {
			return e, err
		}
		if left := p.Loot.toComplete(r.Key); done[r.Key] < len(left) {
			e.Peers = p.book.Abet(p, left[done[r.Key]])
			done[r.Key]++
		}
		return e, nil
	}}
}

// leave keeps the requests of a WRITE's last round.
func (l *Loot) leave(key protocols.Key, last protocols.Broadcast) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.left == nil {
		l.left = map[protocols.Key][]protocols.Broadcast{}
	}
	l.left[key] = append(l.left[key], last)
}

// publish takes the oldest requests that were left for the key, nil if there are none. The first time it asks whether so many
// are enough.
func (l *Loot) publish(key protocols.Key, enough func(left int) bool) protocols.Broadcast {
	l.mu.Lock()
	defer l.mu.Unlock()
	left := l.left[key]
	if len(left) == 0 || !l.revoked && !enough(len(left)) {
		return nil
	}
	l.revoked, l.left[key] = true, left[1:]
	return left[0]
}

// join notes that the server is an accomplice.
func (l *Loot) join(server int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.accomplices = append(l.accomplices, server)
}

// Accomplices are the servers that complete what a lurker leaves.
func (l *Loot) Accomplices() []int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.accomplices)
}

// hand leaves it to the servers that lie to complete a WRITE.
func (l *Loot) hand(key protocols.Key, last protocols.Broadcast) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.handed == nil {
		l.handed = map[protocols.Key][]protocols.Broadcast{}
	}
	l.handed[key] = append(l.handed[key], last)
}

// toComplete is the WRITEs of the key that servers are to complete.
func (l *Loot) toComplete(key protocols.Key) []protocols.Broadcast {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.handed[key])
}

// Revoked reports whether the key of the writer that lies is revoked.
func (l *Loot) Revoked() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.revoked
}
