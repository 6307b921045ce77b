package bftbc

import (
	"fmt"
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/suite"
	"github.com/powbench/powbench/protocols/wire"
)

// The records of a register: the value, as payload, with its certificate; and what clients prepared.
const (
	recordValue    = "value"
	recordPrepared = "prepared"
)

// server is the automaton of a server. It does not look at roles: signatures decide what it does.
type server struct {
	*judge
	index  int
	signer suite.Signer
	keyErr error // why the server cannot judge or sign
}

// Handle implements protocols.Server.
func (s *server) Handle(_ protocols.Role, key protocols.Key, request protocols.Message, state protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	if err := protocols.CheckKey(key); err != nil {
		return protocols.Message{}, nil, err
	}
	if s.keyErr != nil {
		return protocols.Message{}, nil, fmt.Errorf("server %d: %w", s.index+1, s.keyErr)
	}
	switch m := request.Body.(type) {
	case *ReadTS:
		newest, err := stored(state)
		return protocols.Message{Body: &Newest{Prepared: newest}}, nil, err
	case *Prepare:
		if len(m.Hash) == s.suite.HashSize() && succeeds(m.TS, m.Max.TS) && s.announced(key, m) &&
			s.prepared(key, m.Max) && s.written(key, m.Last) {
			return s.prepare(key, m, state)
		}
	case *Write:
		if issuable(m.TS) && len(request.Payload) <= protocols.MaxValueBytes {
			return s.write(key, m, request.Payload, state)
		}
	case *Read:
		var has Prepared
		value, _, err := wire.ReadRecord(state, recordValue, &has)
		return protocols.Message{Body: &Value{TS: has.TS, By: has.By}, Payload: value}, nil, err
	}
	return protocols.Refuse(request)
}

// plans is what clients prepared (plist): at most one entry for each client, of which nobody has proven yet that it, or
// something newer, is written.
type plans struct {
	Written protocols.Timestamp // the highest that a Written was shown for
	Open    []plan
}

// plan is a client's: its process id is the timestamp's.
type plan struct {
	TS   protocols.Timestamp
	Hash []byte
}

// complete notes that a quorum has the value of ts or a newer one. Nobody reads an older one from now on, so that it does
// not matter whether it is still to be written.
func (p *plans) complete(ts protocols.Timestamp) {
	if p.Written.Less(ts) {
		p.Written = ts
		p.Open = slices.DeleteFunc(p.Open, func(o plan) bool { return !ts.Less(o.TS) })
	}
}

// prepare signs the client's plan, unless it has another one. Where something newer is written, the plan is of no
// consequence and need not be kept (U4); where it is itself written, there is nothing to prepare.
func (s *server) prepare(key protocols.Key, m *Prepare, state protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	var p plans
	if _, err := wire.ReadBody(state, recordPrepared, &p); err != nil {
		return protocols.Message{}, nil, err
	}
	changed := p.Written.Less(m.Last.TS)
	p.complete(m.Last.TS)
	at := slices.IndexFunc(p.Open, func(o plan) bool { return o.TS.PID == m.TS.PID })
	switch {
	case m.TS.Equal(p.Written):
		return protocols.Message{Body: &Signed{}}, nil, nil
	case m.TS.Less(p.Written):
	case at < 0:
		p.Open, changed = append(p.Open, plan{TS: m.TS, Hash: m.Hash}), true
	case !p.Open[at].TS.Equal(m.TS) || !slices.Equal(p.Open[at].Hash, m.Hash):
		return protocols.Message{}, nil, fmt.Errorf("%w: client %d prepared %v and has not shown that it wrote it",
			protocols.ErrRefused, m.TS.PID, p.Open[at].TS)
	}
	reply, err := s.sign(statement(preparing, key, m.TS, m.Hash))
	if err != nil || !changed {
		return reply, nil, err
	}
	records, err := wire.AddRecord(nil, recordPrepared, &p, nil)
	return reply, records, err
}

// write stores what is newer and certified. What is not newer it need not verify, as it does not store it.
func (s *server) write(key protocols.Key, m *Write, value []byte, state protocols.StateReader) (
	reply protocols.Message, records []protocols.Record, err error,
) {
	old, err := stored(state)
	if err != nil {
		return reply, nil, err
	}
	if old.TS.Less(m.TS) {
		is := Prepared{TS: m.TS, Hash: s.suite.Hash(value), By: m.By}
		if !s.prepared(key, is) {
			return reply, nil, fmt.Errorf("%w: no quorum prepared this value under %v", protocols.ErrRefused, m.TS)
		}
		if records, err = wire.AddRecord(nil, recordValue, &is, value); err != nil {
			return reply, nil, err
		}
	}
	if reply, err = s.sign(statement(writing, key, m.TS, nil)); err != nil {
		return reply, nil, err
	}
	return reply, records, nil
}

// sign is the reply with the server's signature of the statement.
func (s *server) sign(statement []byte) (protocols.Message, error) {
	signature, err := s.signer.Sign(nil, statement)
	if err != nil {
		return protocols.Message{}, fmt.Errorf("server %d: %w", s.index+1, err)
	}
	return protocols.Message{Body: &Signed{Signature: signature}}, nil
}

// stored is the certificate of the server's value, zero if it has none.
func stored(state protocols.StateReader) (p Prepared, err error) {
	_, err = wire.ReadBody(state, recordValue, &p)
	return p, err
}
