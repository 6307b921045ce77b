package null

import (
	"sync/atomic"

	"github.com/powbench/powbench/protocols"
)

// server is the automaton of a server. In place of records it has one thing in memory, for all keys: how long the last
// payload was that came. A reply with a payload is as long: for what a READ gets of a server is what a WRITE put there.
type server struct {
	read, write dialogue
	index       int
	blank       atomic.Pointer[[]byte] // that long; it lies in memory, as a value would
}

func newServer(learn func(protocols.Op) dialogue, index int) *server {
	s := &server{read: learn(protocols.Read), write: learn(protocols.Write), index: index}
	s.blank.Store(new([]byte))
	return s
}

// Handle implements protocols.Server.
func (s *server) Handle(_ protocols.Role, key protocols.Key, request protocols.Message, _ protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	if err := protocols.CheckKey(key); err != nil {
		return protocols.Message{}, nil, err
	}
	if request.Body == nil || len(request.Payload) > protocols.MaxValueBytes {
		return protocols.Refuse(request)
	}
	p, _ := placeOf(request.Body.Kind())
	d := s.read
	if p.op == protocols.Write {
		d = s.write
	}
	if d.err != nil {
		return protocols.Message{}, nil, d.err
	}
	if p.reply || p.round > len(d.legs) {
		return protocols.Refuse(request)
	}
	if len(request.Payload) > 0 {
		s.keepLength(len(request.Payload))
	}
	reply := d.legs[p.round-1].replies[s.index]
	m := protocols.Message{Body: reply.body}
	if reply.share > 0 {
		m.Payload = *s.blank.Load()
	}
	return m, nil, nil
}

// keepLength makes the blank n bytes long. It writes to all of it: pages that nobody wrote to are all one page of zeros.
func (s *server) keepLength(n int) {
	if len(*s.blank.Load()) == n {
		return
	}
	blank := make([]byte, n)
	for i := range blank {
		blank[i] = byte(i)
	}
	s.blank.Store(&blank)
}
