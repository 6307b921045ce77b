package avid

import (
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/avid/kept"
	"github.com/powbench/powbench/protocols/versions"
)

// server is the automaton of a server. Its rules for one dispersal are those of AVID, with k = t+1 fragments:
//
//	DISPERSE with the server's fragment, the first:    ECHO to all
//	2t+1 ECHOs or t+1 READYs, the first time:          READY to all, if the fragments are of a value (U3)
//	2t+1 READYs:                                       the dispersal has ended: take the version, answer
//
// Of 2t+1 ECHOs t+1 are of correct servers, hence so many have their fragments and can restore the value. Of 2t+1 READYs
// t+1 are of correct servers, which have sent theirs to all: so every correct server sends one, and the dispersal ends at
// all or at none.
type server struct {
	params
	index int
}

// Handle implements protocols.Server, for a driver that does not care for what comes later.
func (s *server) Handle(from protocols.Role, key protocols.Key, request protocols.Message, state protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	e, err := s.Take(protocols.Incoming{Key: key, Message: request, Role: from}, state)
	return e.Reply, e.Records, err
}

// Take implements protocols.Peer.
func (s *server) Take(in protocols.Incoming, state protocols.StateReader) (protocols.Effects, error) {
	if err := protocols.CheckKey(in.Key); err != nil {
		return protocols.Effects{}, err
	}
	if in.Role == 0 {
		if m, ok := in.Body.(*Vote); ok && versions.Issuable(m.TS) && s.wellFormed(m.Check) && s.brings(m, in) {
			return s.vote(m, in, state)
		}
		return refuse(in)
	}
	switch m := in.Body.(type) {
	case *GetTS:
		if listens(m.Listener) {
			return s.tell(in.Ticket, m.Listener, true, state)
		}
	case *Read:
		if listens(m.Listener) {
			return s.tell(in.Ticket, m.Listener, false, state)
		}
	case *Complete:
		if listens(m.Listener) {
			return s.complete(m, state)
		}
	case *Disperse:
		if in.Role == protocols.Writer && versions.Issuable(m.TS) && s.wellFormed(m.Check) && listens(m.Listener) &&
			s.right(m.Check, s.index, in.Payload) {
			return s.disperse(m, in, state)
		}
	}
	return refuse(in)
}

func refuse(in protocols.Incoming) (protocols.Effects, error) {
	_, _, err := protocols.Refuse(in.Message)
	return protocols.Effects{}, err
}

// brings reports whether a correct server's vote can have the payload: its own fragment, or nothing if fingerprints tell.
func (s *server) brings(m *Vote, in protocols.Incoming) bool {
	if s.fingerprints {
		return len(in.Payload) == 0
	}
	return s.right(m.Check, in.Server, in.Payload)
}

// disperse takes a writer's fragment. The request may come again, if the client has reconnected: then others may have
// missed this server's votes too, if it was down, and it repeats them.
func (s *server) disperse(m *Disperse, in protocols.Incoming, state protocols.StateReader) (protocols.Effects, error) {
	d, err := s.load(m.TS, m.Check, state)
	if err != nil {
		return protocols.Effects{}, err
	}
	d.register.End(m.Listener)
	if d.votes.Ended {
		d.effects.Reply = protocols.Message{Body: &Stored{}}
		d.late(in.Payload)
		return d.done()
	}
	d.votes.wait(in.Ticket)
	d.echo, d.ready = true, d.votes.Sent
	d.count(s.index, true, false)
	d.hear(s.index)
	d.piece(s.index, in.Payload)
	return d.advance()
}

// vote takes another server's vote.
func (s *server) vote(m *Vote, in protocols.Incoming, state protocols.StateReader) (protocols.Effects, error) {
	d, err := s.load(m.TS, m.Check, state)
	if err != nil || d.votes.Ended {
		return protocols.Effects{}, err
	}
	if d.count(in.Server, m.Echo, m.Ready) {
		d.hear(in.Server)
		if !s.fingerprints {
			d.piece(in.Server, in.Payload)
		}
	}
	return d.advance()
}

// tell answers with the server's version, and has the client listen if it wants to.
func (s *server) tell(to protocols.Ticket, name []byte, brief bool, state protocols.StateReader) (
	e protocols.Effects, err error,
) {
	r, err := kept.Load(state)
	if err != nil {
		return e, err
	}
	if brief {
		e.Reply.Body = &Clock{TS: r.Time.TS}
	} else if e.Reply, err = version(r.Time, state); err != nil {
		return protocols.Effects{}, err
	}
	if len(name) > 0 {
		r.Listen(kept.Listener{Ticket: to, Name: name, Brief: brief, Over: r.Time})
	}
	return r.Save(e)
}

// complete ends a client's listening.
func (s *server) complete(m *Complete, state protocols.StateReader) (protocols.Effects, error) {
	r, err := kept.Load(state)
	if err != nil {
		return protocols.Effects{}, err
	}
	r.End(m.Listener)
	return r.Save(protocols.Effects{Reply: protocols.Message{Body: &Completed{}}})
}

// wait notes who waits for the end of the dispersal.
func (v *votes) wait(to protocols.Ticket) {
	if !slices.Contains(v.Waiting, to) {
		v.Waiting = append(v.Waiting, to)
		v.Waiting = v.Waiting[max(0, len(v.Waiting)-maxWaiting):]
	}
}
