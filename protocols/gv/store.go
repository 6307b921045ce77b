package gv

import (
	"fmt"

	"github.com/powbench/powbench/protocols"
)

// store writes a value into a register: it is a WRITE, into the writer's, or the end of a READ, into the reader's own. PRE_WRITE
// brings the value, WRITE says that a quorum has it, together with T: what the servers of that quorum had seen of READs.
//
// WRITE has no value, so a server that WRITE reaches before PRE_WRITE has written nothing. It keeps T, and says that it has
// written when PRE_WRITE comes, in a reply that is late for its round (U4).
type store struct {
	params
	*protocols.Phase
	owner, num, complete uint64
	value                []byte

	begun   int // the round of PRE_WRITE
	marks   []Mark
	written []bool // by server
	full    []bool // servers that have no room for the reader, by server
}

func newStore(p params, owner uint64, value []byte) *store {
	phase := p.is.NewPhase()
	return &store{
		params: p, Phase: &phase, owner: owner, value: value,
		written: make([]bool, p.is.Servers), full: make([]bool, p.is.Servers),
	}
}

// begin begins PRE_WRITE.
func (s *store) begin() protocols.Step {
	step := s.Begin(protocols.Message{
		Body: &PreWrite{Owner: s.owner, Num: s.num, Complete: s.complete}, Payload: s.value,
	})
	s.begun = s.Round
	return step
}

// answer takes a reply to one of its rounds.
func (s *store) answer(round, server int, reply protocols.Body) protocols.Step {
	switch body := reply.(type) {
	case *PreWritten:
		switch {
		case round != s.begun:
		case body.Full:
			s.full[server] = true
		case round < s.Round && body.Written:
			return s.acknowledged(server)
		case round == s.Round && s.areMarks(body.Reading):
			return s.preWritten(uint64(server), body.Reading)
		}
	case *Written:
		switch {
		case round != s.begun+1:
		case body.Full:
			s.full[server] = true
		case !body.Early:
			return s.acknowledged(server)
		}
	}
	return protocols.Wait()
}

// preWritten takes what a server had seen of READs; after a quorum's, WRITE begins.
func (s *store) preWritten(server uint64, reading []Mark) protocols.Step {
	for _, m := range reading {
		s.marks = append(s.marks, Mark{Server: server, Reader: m.Reader, Number: m.Number})
	}
	if !s.Quorum() {
		return protocols.Wait()
	}
	return s.Begin(protocols.Message{Body: &Write{Owner: s.owner, Num: s.num, Marks: s.marks}})
}

// acknowledged counts the servers that have written.
func (s *store) acknowledged(server int) protocols.Step {
	s.written[server] = true
	return protocols.Step{Done: protocols.Count(s.written) >= s.is.Quorum}
}

// crowded reports whether a correct server has no room for the reader.
func (s *store) crowded() bool { return protocols.Count(s.full) > s.t }

// write is a WRITE in progress.
type write struct {
	*store
	client *client
	key    protocols.Key
	err    error
}

// Start begins PRE_WRITE. The number is kept before anything is sent: if the writer's successor issued it again, one number
// would have two values.
func (w *write) Start() protocols.Broadcast {
	last, err := w.client.issued.Last(w.key)
	if err == nil && !issuable(last+1) {
		err = protocols.ErrExhausted
	}
	if err == nil {
		w.num, w.complete = last+1, w.client.complete[w.key]
		err = w.client.issued.Keep(w.key, w.num)
	}
	if err != nil {
		w.err = fmt.Errorf("write: issue a number after %d: %w", last, err)
		return nil
	}
	return w.begin().Next
}

// Answer implements protocols.Operation.
func (w *write) Answer(round, server int, reply protocols.Message) protocols.Step {
	step := w.answer(round, server, reply.Body)
	if step.Done {
		w.client.complete[w.key] = w.num
	}
	return step
}

// Result implements protocols.Operation.
func (w *write) Result() (protocols.Result, error) {
	return protocols.Result{Timestamp: timestamp(w.num)}, w.err
}
