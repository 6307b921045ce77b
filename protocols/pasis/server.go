package pasis

import (
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
	"github.com/powbench/powbench/protocols/versions"
	"github.com/powbench/powbench/protocols/wire"
)

// recordTimes is the record of the times of the newest versions, the latest first.
const recordTimes = "times"

// recordVersion is the record of a version: its body is the cross-checksum, its payload the fragment.
func recordVersion(t Time) string { return "version/" + t.String() }

// server is the automaton of a server. Versions are never removed (U2).
type server struct {
	params
	index int
}

// Handle implements protocols.Server.
func (s *server) Handle(_ protocols.Role, key protocols.Key, request protocols.Message, state protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	if err := protocols.CheckKey(key); err != nil {
		return protocols.Message{}, nil, err
	}
	switch m := request.Body.(type) {
	case *GetTime:
		times, err := stored(state)
		return protocols.Message{Body: &TimeAck{TS: newest(times).TS}}, nil, err
	case *Store:
		if versions.Issuable(m.TS) && s.isFragment(m.CC, s.index, request.Payload) {
			return s.store(m, request.Payload, state)
		}
	case *Latest:
		times, err := stored(state)
		if err != nil {
			return protocols.Message{}, nil, err
		}
		return version(newest(times), state)
	case *Get:
		if m.Time.Possible(s.suite) {
			return version(m.Time, state)
		}
	case *History:
		if m.Before.Possible(s.suite) {
			times, err := stored(state)
			at, _ := position(times, m.Before)
			forgot := len(times) == maxTimes
			return protocols.Message{Body: &Times{slices.DeleteFunc(times[at:], m.Before.Equal), forgot}}, nil, err
		}
	}
	return protocols.Refuse(request)
}

// store stores the fragment as one more version. The fragment fits the cross-checksum, and so the time.
func (s *server) store(m *Store, fragment []byte, state protocols.StateReader) (
	reply protocols.Message, records []protocols.Record, err error,
) {
	reply.Body = &Stored{}
	t := s.timeOf(m.TS, m.CC)
	if _, found, err := state.Body(recordVersion(t)); err != nil || found {
		return reply, nil, err
	}
	times, err := stored(state)
	if err != nil {
		return reply, nil, err
	}
	at, _ := position(times, t)
	times = slices.Insert(times, at, t)
	times = times[:min(len(times), maxTimes)]
	if records, err = wire.AddRecord(nil, recordTimes, &times, nil); err != nil {
		return reply, nil, err
	}
	records, err = wire.AddRecord(records, recordVersion(t), &m.CC, fragment)
	return reply, records, err
}

// version is the reply with the version of that time, or without one.
func version(t Time, state protocols.StateReader) (protocols.Message, []protocols.Record, error) {
	var cc dispersal.CrossChecksum
	fragment, found, err := wire.ReadRecord(state, recordVersion(t), &cc)
	if err != nil || !found {
		return protocols.Message{Body: &Version{}}, nil, err
	}
	return protocols.Message{Body: &Version{TS: t.TS, CC: cc}, Payload: fragment}, nil, nil
}

// stored is the times of the server's newest versions, the latest first.
func stored(state protocols.StateReader) (times []Time, err error) {
	_, err = wire.ReadBody(state, recordTimes, &times)
	return times, err
}

// newest is the first of the times, zero if there is none.
func newest(times []Time) Time {
	if len(times) == 0 {
		return Time{}
	}
	return times[0]
}

// position is where t is among the times, the latest first, or belongs.
func position(times []Time, t Time) (at int, found bool) {
	return slices.BinarySearchFunc(times, t, func(a, b Time) int { return b.Compare(a) })
}
