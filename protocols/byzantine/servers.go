package byzantine

import (
	"github.com/powbench/powbench/protocols"
)

// A request is one request to a server, with the correct server that would answer it.
type request struct {
	from    protocols.Role
	key     protocols.Key
	message protocols.Message
	state   protocols.StateReader
	inner   protocols.Server
}

// answer returns what the correct server answers from the state.
func (r request) answer(state protocols.StateReader) (protocols.Message, []protocols.Record, error) {
	return r.inner.Handle(r.from, r.key, r.message, state)
}

// attacker is a server that handles requests in its own way.
type attacker struct {
	inner  protocols.Server
	handle func(request) (protocols.Message, []protocols.Record, error)
}

// Handle implements protocols.Server.
func (a attacker) Handle(from protocols.Role, key protocols.Key, message protocols.Message, state protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	return a.handle(request{from, key, message, state, a.inner})
}

// nothing is the state of a register that was never written.
type nothing struct{}

func (nothing) Get(string) (body, payload []byte, found bool, err error) { return nil, nil, false, nil }
func (nothing) Body(string) (body []byte, found bool, err error)         { return nil, false, nil }

// silent answers nothing (B1).
func silent(_ Part, inner protocols.Server) protocols.Server {
	return attacker{inner, func(request) (protocols.Message, []protocols.Record, error) {
		return protocols.Message{}, nil, nil
	}}
}

// stale acknowledges everything, but stores only the first few records of each key and answers from them (B2). If that
// is none, it always answers as in the beginning.
func stale(p Part, inner protocols.Server) protocols.Server {
	left := map[protocols.Key]int{}
	return attacker{inner, func(r request) (protocols.Message, []protocols.Record, error) {
		if _, known := left[r.key]; !known {
			left[r.key] = p.Dice.Roll(4)
		}
		reply, records, err := r.answer(r.state)
		switch {
		case len(records) == 0:
		case left[r.key] == 0:
			records = nil
		default:
			left[r.key]--
		}
		return reply, records, err
	}}
}

// lying answers and stores as the inner server does, but replies what the lie makes of its answer.
func lying(p Part, inner protocols.Server, lie Lie) protocols.Server {
	return attacker{inner, func(r request) (protocols.Message, []protocols.Record, error) {
		reply, records, err := r.answer(r.state)
		if err != nil || reply.Body == nil {
			return reply, records, err
		}
		p.Loot.take(r.message.Body)
		return lie(p, reply), records, nil
	}}
}

// liar makes an attack of the lie that the playbook has for it.
func liar(id string) func(Part, protocols.Server) protocols.Server {
	return func(p Part, inner protocols.Server) protocols.Server { return lying(p, inner, p.lie(id)) }
}

// forgetful acknowledges and stores nothing (B8).
func forgetful(_ Part, inner protocols.Server) protocols.Server {
	return attacker{inner, func(r request) (protocols.Message, []protocols.Record, error) {
		reply, _, err := r.answer(r.state)
		return reply, nil, err
	}}
}

// equivocating tells some the truth and others that nothing was ever written (B11).
func equivocating(p Part, inner protocols.Server) protocols.Server {
	return attacker{inner, func(r request) (protocols.Message, []protocols.Record, error) {
		reply, records, err := r.answer(r.state)
		if err == nil && p.Dice.Roll(2) == 1 {
			reply, _, err = r.answer(nothing{})
		}
		return reply, records, err
	}}
}

// mixed attacks in another way with every request (B0): honestly too, and by a lie that the playbook has for it alone.
func mixed(p Part, inner protocols.Server) protocols.Server {
	ways := []protocols.Server{inner}
	for _, attack := range []func(Part, protocols.Server) protocols.Server{
		silent, forgetful, equivocating, liar("B3"), liar("B5"), liar("B9"), liar("B6"), liar("B7"), liar("B10"), liar("B0"),
	} {
		ways = append(ways, attack(p, inner))
	}
	return attacker{inner, func(r request) (protocols.Message, []protocols.Record, error) {
		r.inner = ways[p.Dice.Roll(len(ways))]
		return r.answer(r.state)
	}}
}
