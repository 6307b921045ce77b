package byzantine

import (
	"github.com/powbench/powbench/protocols"
)

// serverFunc is a server's Handle.
type serverFunc func(protocols.Role, protocols.Key, protocols.Message, protocols.StateReader) (
	protocols.Message, []protocols.Record, error)

// Handle implements protocols.Server.
func (f serverFunc) Handle(from protocols.Role, key protocols.Key, request protocols.Message,
	state protocols.StateReader,
) (protocols.Message, []protocols.Record, error) {
	return f(from, key, request, state)
}

// nothing is the state of a register that nobody wrote.
type nothing struct{}

func (nothing) Get(string) (body, payload []byte, found bool, err error) { return nil, nil, false, nil }
func (nothing) Body(string) (body []byte, found bool, err error)         { return nil, false, nil }

// silent answers nothing (B1).
func silent(Part, protocols.Server) protocols.Server {
	return serverFunc(func(protocols.Role, protocols.Key, protocols.Message, protocols.StateReader) (
		protocols.Message, []protocols.Record, error,
	) {
		return protocols.Message{}, nil, nil
	})
}

// stale acknowledges everything, but stores only the first few records of each key and answers from them (B2). With
// none it is a server that always answers as in the beginning.
func stale(p Part, inner protocols.Server) protocols.Server {
	left := map[protocols.Key]int{}
	return serverFunc(func(from protocols.Role, key protocols.Key, request protocols.Message,
		state protocols.StateReader,
	) (protocols.Message, []protocols.Record, error) {
		if _, known := left[key]; !known {
			left[key] = p.Dice.Roll(4)
		}
		reply, records, err := inner.Handle(from, key, request, state)
		if len(records) == 0 {
			return reply, records, err
		}
		if left[key] == 0 {
			return reply, nil, err
		}
		left[key]--
		return reply, records, err
	})
}

// lying answers and stores as the inner server does, but replies what the lie makes of its answer.
func lying(p Part, inner protocols.Server, lie Lie) protocols.Server {
	return serverFunc(func(from protocols.Role, key protocols.Key, request protocols.Message,
		state protocols.StateReader,
	) (protocols.Message, []protocols.Record, error) {
		reply, records, err := inner.Handle(from, key, request, state)
		if err != nil || reply.Body == nil {
			return reply, records, err
		}
		p.Loot.take(request.Body)
		return lie(p, reply), records, nil
	})
}

// liar makes an attack of the lie that the playbook has for it.
func liar(id string) func(Part, protocols.Server) protocols.Server {
	return func(p Part, inner protocols.Server) protocols.Server { return lying(p, inner, p.lie(id)) }
}

// forgetful acknowledges and stores nothing (B8).
func forgetful(_ Part, inner protocols.Server) protocols.Server {
	return serverFunc(func(from protocols.Role, key protocols.Key, request protocols.Message,
		state protocols.StateReader,
	) (protocols.Message, []protocols.Record, error) {
		reply, _, err := inner.Handle(from, key, request, state)
		return reply, nil, err
	})
}

// equivocating tells some the truth and others that nothing was ever written (B11).
func equivocating(p Part, inner protocols.Server) protocols.Server {
	return serverFunc(func(from protocols.Role, key protocols.Key, request protocols.Message,
		state protocols.StateReader,
	) (protocols.Message, []protocols.Record, error) {
		reply, records, err := inner.Handle(from, key, request, state)
		if err == nil && p.Dice.Roll(2) == 1 {
			reply, _, err = inner.Handle(from, key, request, nothing{})
		}
		return reply, records, err
	})
}

// mixed attacks in another way with every request (B0): honestly too, and by a lie that the playbook has for it alone.
func mixed(p Part, inner protocols.Server) protocols.Server {
	ways := []protocols.Server{inner}
	for _, attack := range []func(Part, protocols.Server) protocols.Server{
		silent, forgetful, equivocating, liar("B3"), liar("B5"), liar("B9"), liar("B6"), liar("B7"), liar("B10"), liar("B0"),
	} {
		ways = append(ways, attack(p, inner))
	}
	return serverFunc(func(from protocols.Role, key protocols.Key, request protocols.Message,
		state protocols.StateReader,
	) (protocols.Message, []protocols.Record, error) {
		return ways[p.Dice.Roll(len(ways))].Handle(from, key, request, state)
	})
}
