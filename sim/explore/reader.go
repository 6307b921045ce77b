package explore

import (
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/play"
)

// mostIntrusions is how often, in one execution, a hostile reader has a server store something. What a server does not store
// changes nothing, so it may send that as often as it likes.
const mostIntrusions = 2

// intrusions are the messages of a hostile reader that some server would store something for, one of those that make it store the
// same. Of what no READ would send, nor with one field changed, the reader does not know how to make it: it has no keys.
func (x *Search) intrusions(s *state) (all []step) {
	if s.intruded == mostIntrusions {
		return nil
	}
	for _, key := range x.Scope.keys() {
		sent := x.withForged(x.sentBy(s, key))
		for server := range x.servers {
			known := map[*store]bool{s.stores[server]: true}
			for _, m := range sent {
				p := step{what: intrude, flight: flight{server: server, message: m}, key: key}
				if h := x.intruding(s, p); h.err == nil && !known[h.store] {
					known[h.store] = true
					all = append(all, p)
				}
			}
		}
	}
	return all
}

// intruding is what comes of the intrusion at its server.
func (x *Search) intruding(s *state, p step) handled {
	return x.servers[p.server].handle(asked{s.stores[p.server], protocols.Reader, p.key, p.message})
}

// sentBy are the messages that READs of the key send in the state, whichever server answers first.
func (x *Search) sentBy(s *state, key protocols.Key) (all []*message) {
	in := make([]byte, 0, 256)
	for _, st := range s.stores {
		in = append(in, st.fingerprint[:]...)
	}
	in = append(in, key...)
	all, known := x.reads[string(in)]
	if known {
		return all
	}
	listed := map[*message]bool{}
	for first := range x.servers {
		x.readAlone(s, key, first, func(m *message) {
			if !listed[m] {
				listed[m] = true
				all = append(all, m)
			}
		})
	}
	x.reads[string(in)] = all
	return all
}

// readAlone has a READ of the key run by itself in the state, which stays as it is; servers answer in turn, that one first.
func (x *Search) readAlone(s *state, key protocols.Key, first int, sends func(*message)) {
	n := len(x.servers)
	register := protocols.Incarnate(x.Protocol, protocols.ClientParams{
		T: x.T, PID: uint64(len(x.clients) + 1), Suite: x.suite, Keys: x.keys, Entropy: play.Entropy(1, 0), Issued: protocols.Remembered{},
	})
	driver := play.New(register.Read(key, protocols.Heap{}), n)
	stores := make([]*store, n)
	copy(stores, s.stores)
	type letter struct {
		round, server int
		*message
	}
	var under []letter
	follow := func(q play.Requests, err error) bool {
		for i := range q.To {
			server := (first + i) % n
			if raw := q.To[server]; raw.Body != nil {
				m := x.mail.intern(raw)
				sends(m)
				under = append(under, letter{q.Round, server, m})
			}
		}
		return err == nil && !driver.Done()
	}
	goesOn := follow(driver.Start())
	for goesOn && len(under) > 0 {
		r := under[0]
		under = under[1:]
		h := x.servers[r.server].handle(asked{stores[r.server], protocols.Reader, key, r.message})
		if h.err != nil {
			continue
		}
		if stores[r.server] = h.store; h.reply != nil {
			goesOn = follow(driver.Answer(r.round, r.server, h.reply.Message))
		}
	}
}
