package loft

import (
	"fmt"
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/versions"
	"github.com/powbench/powbench/protocols/wire"
)

// recordState is the record of the server's times.
const recordState = "state"

// state is what a server knows of a register. It may have committed a version of which it has no fragment.
type state struct {
	Committed Time
	Prepared  []Time // later ones, the latest last
}

// highest is the highest timestamp that the server has prepared or committed. It never goes back.
func (s state) highest() protocols.Timestamp {
	if n := len(s.Prepared); n > 0 {
		return s.Prepared[n-1].TS
	}
	return s.Committed.TS
}

// recordVersion is the record of a version: its body is the checksum, its payload the fragment.
func recordVersion(t Time) string { return "version/" + t.String() }

// server is the automaton of a server.
type server struct {
	params
	vouchers
	keyErr error
}

func newServer(p params, index int, pairs [][]byte) *server {
	s := &server{params: p, vouchers: vouchers{index: index}}
	if len(pairs) != p.is.Servers {
		s.keyErr = fmt.Errorf("server %d of Loft shares keys with %d servers, want %d: the cluster's keys were made by an older "+
			"PoWBench or for another t; make a new cluster", index+1, len(pairs), p.is.Servers)
	}
	for _, key := range pairs {
		s.pairs = append(s.pairs, s.suite.MAC(key))
	}
	return s
}

// Handle implements protocols.Server.
func (s *server) Handle(from protocols.Role, key protocols.Key, request protocols.Message, reader protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	if s.keyErr != nil {
		return protocols.Message{}, nil, s.keyErr
	}
	if err := protocols.CheckKey(key); err != nil {
		return protocols.Message{}, nil, err
	}
	var now state
	if _, err := wire.ReadBody(reader, recordState, &now); err != nil {
		return protocols.Message{}, nil, err
	}
	switch m := request.Body.(type) {
	case *Find:
		return protocols.Message{Body: &Found{Committed: now.Committed.TS, Highest: now.highest()}}, nil, nil
	case *Prepare:
		if versions.Issuable(m.TS) && m.Checksum.WellFormed(s.suite, s.t) &&
			m.Checksum.Consistent(s.suite, s.t, s.index, request.Payload) && (len(m.MACs) == 0 || len(m.MACs) == s.is.Servers) {
			return s.prepare(from, key, m, request.Payload, now, reader)
		}
	case *Commit:
		if m.Time.Possible(s.suite) && len(m.MACs) == s.is.Servers {
			return s.commit(key, m, now)
		}
	case *Read:
		if s.isTimeOrNone(m.At) {
			return s.read(key, m, now, reader)
		}
	}
	return protocols.Refuse(request)
}

// prepare holds the fragment, which is consistent with the checksum, and vouches for it. A reader's is of a writer if a
// correct server has prepared it: so t+1 must vouch. What is older than the committed version is not stored, but vouched
// for: it would have been dropped by now.
func (s *server) prepare(from protocols.Role, key protocols.Key, m *Prepare, fragment []byte, now state,
	reader protocols.StateReader,
) (protocols.Message, []protocols.Record, error) {
	t := s.timeOf(m.TS, m.Checksum)
	if from != protocols.Writer && s.valid(key, t, m.MACs) < s.t+1 {
		return protocols.Message{Body: &Latest{Time: now.Committed}}, nil, nil
	}
	reply := protocols.Message{Body: &Prepared{Row: s.row(key, t)}}
	_, found, err := reader.Body(recordVersion(t))
	if err != nil || found || t.Compare(now.Committed) < 0 {
		return reply, nil, err
	}
	records, err := wire.AddRecord(nil, recordVersion(t), &m.Checksum, fragment)
	if err != nil || t.Equal(now.Committed) {
		return reply, records, err
	}
	at, _ := slices.BinarySearchFunc(now.Prepared, t, Time.Compare)
	now.Prepared = slices.Insert(now.Prepared, at, t)
	records, err = wire.AddRecord(records, recordState, &now, nil)
	return reply, records, err
}

// commit commits the version if 2t+1 servers vouch for it: then t+1 correct ones hold fragments, which restore it. It drops
// what is older.
func (s *server) commit(key protocols.Key, m *Commit, now state) (protocols.Message, []protocols.Record, error) {
	if m.Time.Compare(now.Committed) <= 0 || s.valid(key, m.Time, m.MACs) < 2*s.t+1 {
		return protocols.Message{Body: &Latest{Time: now.Committed}}, nil, nil
	}
	var records []protocols.Record
	at, _ := slices.BinarySearchFunc(now.Prepared, m.Time, Time.Compare)
	for _, old := range append(slices.Clone(now.Prepared[:at]), now.Committed) {
		if !old.TS.IsZero() {
			records = append(records, protocols.Record{Name: recordVersion(old), Delete: true})
		}
	}
	now.Committed, now.Prepared = m.Time, slices.DeleteFunc(now.Prepared[at:], m.Time.Equal)
	records, err := wire.AddRecord(records, recordState, &now, nil)
	return protocols.Message{Body: &Latest{Time: m.Time}}, records, err
}

// read tells of the committed version, or of the later one that was asked for and is prepared. It vouches for the one that was
// asked for, if it holds that or has committed a later one.
func (s *server) read(key protocols.Key, m *Read, now state, reader protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	reply, of := &Version{Committed: now.Committed}, now.Committed
	if _, found := slices.BinarySearchFunc(now.Prepared, m.At, Time.Compare); found {
		of, reply.Prepared = m.At, true
	}
	_, holds, err := reader.Body(recordVersion(of))
	if err != nil {
		return protocols.Message{}, nil, err
	}
	if !m.At.Equal(Time{}) && (m.At.Compare(of) < 0 || holds && m.At.Equal(of)) {
		reply.Row = s.row(key, m.At)
	}
	if m.Bare || !holds {
		return protocols.Message{Body: reply}, nil, nil
	}
	fragment, _, err := wire.ReadRecord(reader, recordVersion(of), &reply.Checksum)
	return protocols.Message{Body: reply, Payload: fragment}, nil, err
}
