package byzantine

import (
	"bytes"

	"github.com/powbench/powbench/protocols"
)

// A request is one message to a server, of a client or of a server, with the correct server that would take it.
type request struct {
	protocols.Incoming
	state protocols.StateReader
	inner protocols.Server
}

// answer returns what the correct server does from the state.
func (r request) answer(state protocols.StateReader) (protocols.Effects, error) {
	return protocols.Take(r.inner, r.Incoming, state)
}

// attacker is a server that takes messages in its own way.
type attacker struct {
	inner  protocols.Server
	handle func(request) (protocols.Effects, error)
}

// Handle implements protocols.Server.
func (a attacker) Handle(from protocols.Role, key protocols.Key, message protocols.Message, state protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	e, err := a.Take(protocols.Incoming{Key: key, Message: message, Role: from}, state)
	return e.Reply, e.Records, err
}

// Take implements protocols.Peer.
func (a attacker) Take(in protocols.Incoming, state protocols.StateReader) (protocols.Effects, error) {
	return a.handle(request{in, state, a.inner})
}

// nothing is the state of a register that was never written.
type nothing struct{}

func (nothing) Get(string) (body, payload []byte, found bool, err error) { return nil, nil, false, nil }
func (nothing) Body(string) (body []byte, found bool, err error)         { return nil, false, nil }

// silent sends nothing (B1).
func silent(_ Part, inner protocols.Server) protocols.Server {
	return attacker{inner, func(request) (protocols.Effects, error) { return protocols.Effects{}, nil }}
}

// stale acknowledges everything, but stores only the first few records of each key and answers from them (B2). If that
// is none, it always answers as in the beginning.
func stale(p Part, inner protocols.Server) protocols.Server {
	left := map[protocols.Key]int{}
	return attacker{inner, func(r request) (protocols.Effects, error) {
		if _, known := left[r.Key]; !known {
			left[r.Key] = p.Dice.Roll(4)
		}
		e, err := r.answer(r.state)
		switch {
		case len(e.Records) == 0:
		case left[r.Key] == 0:
			e.Records = nil
		default:
			left[r.Key]--
		}
		return e, err
	}}
}

// lying answers and stores as the inner server does, but sends what the lie makes of its messages, to each other server
// in another way.
func lying(p Part, inner protocols.Server, lie Lie) protocols.Server {
	return attacker{inner, func(r request) (protocols.Effects, error) {
		e, err := r.answer(r.state)
		if err != nil {
			return e, err
		}
		if e.Reply.Body != nil {
			p.Loot.take(r.Body)
			e.Reply = lie(p, e.Reply)
		}
		for i := range e.Later {
			e.Later[i].Message = lie(p, e.Later[i].Message)
		}
		for i, m := range e.Peers {
			if m.Body != nil {
				e.Peers[i] = lie(p, m)
			}
		}
		return e, nil
	}}
}

// liar makes an attack of the lie that the playbook has for it.
func liar(id string) func(Part, protocols.Server) protocols.Server {
	return func(p Part, inner protocols.Server) protocols.Server { return lying(p, inner, p.lie(id)) }
}

// forgetful acknowledges and stores nothing (B8).
func forgetful(_ Part, inner protocols.Server) protocols.Server {
	return attacker{inner, func(r request) (protocols.Effects, error) {
		e, err := r.answer(r.state)
		e.Records = nil
		return e, err
	}}
}

// equivocating tells some the truth and others that nothing was ever written (B11). Of the other servers it tells some
// what it should, and others nothing.
func equivocating(p Part, inner protocols.Server) protocols.Server {
	return attacker{inner, func(r request) (protocols.Effects, error) {
		e, err := r.answer(r.state)
		if err == nil && p.Dice.Roll(2) == 1 {
			var other protocols.Effects
			other, err = r.answer(nothing{})
			e.Reply = other.Reply
		}
		for i := range e.Peers {
			if p.Dice.Roll(2) == 1 {
				e.Peers[i] = protocols.Message{}
			}
		}
		return e, err
	}}
}

// twoFaced is two honest servers under one name (Bano et al., "Twins: BFT Systems Made Robust", OPODIS'21): each client, and each
// other server, talks to one of them for good, and hears nothing of what the other was told (B13).
func twoFaced(p Part, inner protocols.Server) protocols.Server {
	type caller struct {
		client uint64
		server int
	}
	second := memory{}
	talksToSecond := map[caller]bool{}
	return attacker{inner, func(r request) (protocols.Effects, error) {
		who := caller{r.Ticket.Client, r.Server}
		if _, known := talksToSecond[who]; !known {
			talksToSecond[who] = p.Dice.Roll(2) == 1
		}
		if !talksToSecond[who] {
			return r.answer(r.state)
		}
		e, err := r.answer(second[r.Key])
		second.put(r.Key, e.Records)
		e.Records = nil
		return e, err
	}}
}

// memory is what a server stores beside its database: its records, by key and name.
type memory map[protocols.Key]records

type records map[string]protocols.Record

// put stores copies of the records, whose bytes belong to a request.
func (m memory) put(key protocols.Key, all []protocols.Record) {
	if m[key] == nil {
		m[key] = records{}
	}
	for _, r := range all {
		if r.Delete {
			delete(m[key], r.Name)
			continue
		}
		m[key][r.Name] = protocols.Record{Name: r.Name, Body: bytes.Clone(r.Body), Payload: bytes.Clone(r.Payload)}
	}
}

// Get implements protocols.StateReader.
func (s records) Get(name string) (body, payload []byte, found bool, err error) {
	r, found := s[name]
	return r.Body, r.Payload, found, nil
}

// Body implements protocols.StateReader.
func (s records) Body(name string) (body []byte, found bool, err error) {
	r, found := s[name]
	return r.Body, found, nil
}

// mixed attacks in another way with every message (B0): honestly too, and by a lie that the playbook has for it alone.
func mixed(p Part, inner protocols.Server) protocols.Server {
	ways := []protocols.Server{inner}
	for _, attack := range []func(Part, protocols.Server) protocols.Server{
		silent, forgetful, equivocating, liar("B3"), liar("B5"), liar("B9"), liar("B6"), liar("B7"), liar("B10"), liar("B0"),
	} {
		ways = append(ways, attack(p, inner))
	}
	return attacker{inner, func(r request) (protocols.Effects, error) {
		r.inner = ways[p.Dice.Roll(len(ways))]
		return r.answer(r.state)
	}}
}
