// Package play drives one operation by the rules of the model, and lends one server its state, for those who carry the
// messages: over a network (harness/client), by a schedule (sim) or by a script (protocols/prototest). DryRun carries them
// itself, for harness/model, which counts them, and protocols/null, which imitates them. Only these import it; it imports package protocols and its suite.
package play

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"

	"github.com/powbench/powbench/protocols"
)

// A Driver drives one operation by the rules of protocols.Operation: the operation gets the first reply of each server
// to each round and no other, unless it is streamed, asks no server twice in a round, hears once that a round is overdue, and hears nothing
// once it has ended. The caller carries the messages and decides on time-outs. A Driver is not safe for concurrent use.
type Driver struct {
	operation protocols.Operation
	hedged    protocols.Hedged   // nil if the operation does not want to know what is overdue
	streamed  protocols.Streamed // nil if the operation takes one reply per server and round
	servers   int
	rounds    [protocols.MaxRounds]round
	current   int // the round in progress, from 1; 0 before the first
	overdue   int // the last round that was overdue
	done      bool
}

// round holds the state of one round.
type round struct {
	servers []exchange
	asked   int  // servers, when it began
	loaded  bool // whether a request had a payload then
	loads   int  // servers that replied with a payload
}

// exchange says what has passed between the client and one server in a round.
type exchange struct{ asked, answered, loaded bool }

// Requests are the messages to send now.
type Requests struct {
	Round int // the round that they belong to, from 1
	// To is a request for each server, zero for one that gets none. It is nil if nothing is to be sent.
	To protocols.Broadcast
	// Begins tells whether the round begins with them; else they ask more servers in it.
	Begins bool
}

// New returns a driver of the operation on so many servers.
func New(o protocols.Operation, servers int) *Driver {
	hedged, _ := o.(protocols.Hedged)
	streamed, _ := o.(protocols.Streamed)
	return &Driver{operation: o, hedged: hedged, streamed: streamed, servers: servers}
}

// Start begins the first round. An operation that cannot begin is done, and nothing is to be sent. As with Answer and
// Overdue, an error says that the operation breaks the rules; it must be given up then.
func (d *Driver) Start() (Requests, error) {
	first := d.operation.Start()
	return d.do(protocols.Step{Next: first, Done: first == nil})
}

// Awaits reports whether the operation takes the server's reply to the round: it has asked for it, has not got it or
// takes any number, and has not ended.
func (d *Driver) Awaits(number, server int) bool {
	if d.done || number < 1 || number > d.current {
		return false
	}
	x := d.rounds[number-1].servers[server]
	return x.asked && (!x.answered || d.Streams(number))
}

// Silent lists the servers that were asked in the current round and have not answered.
func (d *Driver) Silent() (servers []int) {
	if d.current == 0 {
		return nil
	}
	for server, x := range d.rounds[d.current-1].servers {
		if x.asked && !x.answered {
			servers = append(servers, server)
		}
	}
	return servers
}

// Streams reports whether the operation takes any number of replies of one server to the round.
func (d *Driver) Streams(number int) bool { return d.streamed != nil && d.streamed.Streams(number) }

// Answer gives the operation the reply of a server to a round, if it Awaits it.
func (d *Driver) Answer(number, server int, reply protocols.Message) (Requests, error) {
	if !d.Awaits(number, server) {
		return Requests{}, nil
	}
	r := &d.rounds[number-1]
	x := &r.servers[server]
	x.answered = true
	if len(reply.Payload) > 0 && !x.loaded {
		x.loaded = true
		r.loads++
	}
	return d.do(d.operation.Answer(number, server, reply))
}

// Hedged reports whether the operation wants to know that the round is overdue: the round is the current one, and the
// operation has not ended and has not been told.
func (d *Driver) Hedged(number int) bool {
	return d.hedged != nil && !d.done && number == d.current && number > d.overdue
}

// Overdue tells the operation that the round is overdue, if it is Hedged.
func (d *Driver) Overdue(number int) (Requests, error) {
	if !d.Hedged(number) {
		return Requests{}, nil
	}
	d.overdue = number
	return d.do(d.hedged.Overdue(number))
}

// do takes what the operation wants.
func (d *Driver) do(step protocols.Step) (Requests, error) {
	d.done = d.done || step.Done
	switch {
	case step.Next != nil:
		return d.begin(step.Next)
	case step.More != nil:
		return d.widen(step.More)
	}
	return Requests{}, nil
}

// begin begins the next round.
func (d *Driver) begin(b protocols.Broadcast) (Requests, error) {
	if err := d.check(d.current+1, b); err != nil {
		return Requests{}, err
	}
	d.current++
	r := &d.rounds[d.current-1]
	r.servers = make([]exchange, d.servers)
	for i, m := range b {
		if m.Body != nil {
			r.servers[i].asked = true
			r.asked++
			r.loaded = r.loaded || len(m.Payload) > 0
		}
	}
	return Requests{Round: d.current, To: b, Begins: true}, nil
}

// widen asks more servers in the current round.
func (d *Driver) widen(b protocols.Broadcast) (Requests, error) {
	if err := d.check(d.current, b); err != nil {
		return Requests{}, err
	}
	r, more := &d.rounds[d.current-1], make(protocols.Broadcast, len(b))
	for i, m := range b {
		if m.Body != nil && !r.servers[i].asked {
			r.servers[i].asked, more[i] = true, m
		}
	}
	return Requests{Round: d.current, To: more}, nil
}

func (d *Driver) check(number int, b protocols.Broadcast) error {
	if len(b) != d.servers || number < 1 || number > protocols.MaxRounds {
		return fmt.Errorf("round %d goes to %d servers, want %d servers and 1 to %d rounds",
			number, len(b), d.servers, protocols.MaxRounds)
	}
	return nil
}

// Conditions are those that the operation has noted.
func (d *Driver) Conditions() []protocols.Condition {
	if o, ok := d.operation.(interface{ Conditions() []protocols.Condition }); ok {
		return o.Conditions()
	}
	return nil
}

// Restarts is how often the operation says that it has begun again.
func (d *Driver) Restarts() int {
	if o, ok := d.operation.(interface{ Restarts() int }); ok {
		return o.Restarts()
	}
	return 0
}

// Round is the current round, from 1; it is 0 before the first.
func (d *Driver) Round() int { return d.current }

// Done reports whether the operation has ended. It may have ended with a last round, whose replies are not awaited.
func (d *Driver) Done() bool { return d.done }

// Result returns the operation's result, once it is done.
func (d *Driver) Result() (protocols.Result, error) { return d.operation.Result() }

// Rounds counts the rounds that carried data and those that did not, by what was sent and not by what the protocol says
// of itself. So many servers may lie.
//
// A request is the client's own and always counts. Replies count if more servers sent a payload than may lie, so that a
// correct one is among them: liars cannot make a metadata round one of data. Nor can they hide one of data once its
// value has come from more correct servers than there are liars. A round that asks no more servers than may lie is of
// use only for data that verify themselves: it counts if all of them sent a payload.
func (d *Driver) Rounds(liars int) (data, metadata int) {
	for _, r := range d.rounds[:d.current] {
		if r.loaded || r.loads > 0 && r.loads >= min(liars+1, r.asked) {
			data++
		} else {
			metadata++
		}
	}
	return data, metadata
}

// Entropy is a repeatable source of a client's random bytes: of the client with the process id in the play with the
// seed. Process id 0 is for the keys.
func Entropy(seed, pid uint64) *rand.ChaCha8 {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	binary.LittleEndian.PutUint64(key[8:], pid)
	return rand.NewChaCha8(key)
}
