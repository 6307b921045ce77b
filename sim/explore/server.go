package explore

import (
	"maps"
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/play"
	"github.com/powbench/powbench/protocols/wire"
)

// message is a message of the exploration: there is one of each content.
type message struct {
	protocols.Message
	fingerprint
}

// mail holds every message that was ever sent, by content.
type mail map[fingerprint]*message

// intern returns the one message with the content; nil if it is none.
func (m mail) intern(raw protocols.Message) *message {
	if raw.Body == nil && raw.Payload == nil {
		return nil
	}
	d := newDigest()
	if raw.Body != nil {
		d.number(1 + uint64(raw.Body.Kind()))
		data, err := wire.Marshal(nil, raw.Body)
		if err != nil {
			panic(err) // bodies are encodable: a programming error that every exploration shows
		}
		d.bytes(data)
	}
	d.bytes(raw.Payload)
	f := d.sum()
	if m[f] == nil {
		m[f] = &message{raw, f}
	}
	return m[f]
}

// store is what one server holds at some time: there is one of each content.
type store struct {
	records play.Store
	fingerprint
	most int // records of one key
}

// asked is a request that meets a store.
type asked struct {
	store *store
	from  protocols.Role
	key   protocols.Key
	*message
}

// handled is what comes of it.
type handled struct {
	store *store
	reply *message // nil if there is none
	err   error
}

// server is a server's automaton, with what it was seen to do: a transition is computed once.
type server struct {
	automaton protocols.Server
	stores    map[fingerprint]*store
	known     map[asked]handled
	mail      mail
}

func newServer(p protocols.ServerParams, protocol protocols.Protocol, m mail) *server {
	return &server{
		automaton: protocol.NewServer(p), stores: map[fingerprint]*store{}, known: map[asked]handled{}, mail: m,
	}
}

// initial is the store of a server to which nobody has written.
func (s *server) initial() *store { return s.intern(play.Store{}) }

// handle lets the server answer the request.
func (s *server) handle(a asked) handled {
	h, known := s.known[a]
	if !known {
		h = s.compute(a)
		s.known[a] = h
	}
	return h
}

func (s *server) compute(a asked) handled {
	lent := a.store.records.Lend(a.key)
	defer lent.TakeBack()
	request := a.Message
	request.Payload = lent.Payload(request.Payload)
	reply, records, err := s.automaton.Handle(a.from, a.key, request, lent)
	if err != nil {
		return handled{store: a.store, err: err}
	}
	h := handled{store: a.store}
	if len(records) > 0 {
		after := maps.Clone(a.store.records)
		after[a.key] = maps.Clone(after[a.key])
		after.Put(a.key, records...)
		h.store = s.intern(after)
	}
	reply.Payload = play.ClonePayload(reply.Payload)
	h.reply = s.mail.intern(reply)
	return h
}

// intern returns the one store with the records.
func (s *server) intern(records play.Store) *store {
	d, most := newDigest(), 0
	for _, key := range slices.Sorted(maps.Keys(records)) {
		d.bytes([]byte(key))
		most = max(most, len(records[key]))
		for _, name := range slices.Sorted(maps.Keys(records[key])) {
			d.bytes([]byte(name))
			d.bytes(records[key][name].Body)
			d.bytes(records[key][name].Payload)
		}
	}
	f := d.sum()
	if s.stores[f] == nil {
		s.stores[f] = &store{records, f, most}
	}
	return s.stores[f]
}

// commute reports whether the store and the answers are the same in whichever order two requests come. An answer that
// nobody awaits does not matter.
func (s *server) commute(a, b asked, awaitA, awaitB bool) bool {
	first := s.handle(a)
	b1 := b
	b1.store = first.store
	then := s.handle(b1)
	b.store = a.store
	before := s.handle(b)
	a.store = before.store
	after := s.handle(a)
	return then.store == after.store && first.err == nil && before.err == nil && then.err == nil && after.err == nil &&
		(!awaitA || first.reply == after.reply) && (!awaitB || then.reply == before.reply)
}
