package avid

import (
	"math/rand/v2"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/prototest"
)

// liar is a Byzantine server: it invents timestamps and versions, votes for what it did not get, votes for one half of
// the servers only, forgets, and is silent.
type liar struct {
	*server
	rand *rand.Rand
}

func (l *liar) Take(in protocols.Incoming, state protocols.StateReader) (protocols.Effects, error) {
	e, err := l.server.Take(in, state)
	if err != nil {
		return e, err
	}
	if l.rand.IntN(3) == 0 {
		e.Records = nil
	}
	l.lie(&e.Reply)
	for i := range e.Later {
		l.lie(&e.Later[i].Message)
	}
	for to, m := range e.Peers {
		switch v, _ := m.Body.(*Vote); {
		case v == nil:
		case l.rand.IntN(4) == 0:
			e.Peers[to] = protocols.Message{}
		case l.rand.IntN(3) == 0: // READY too soon
			e.Peers[to].Body = &Vote{TS: v.TS, Check: v.Check, Echo: true, Ready: true}
		case l.rand.IntN(3) == 0:
			e.Peers[to] = l.invented(v.TS, to)
		}
	}
	return e, nil
}

func (l *liar) lie(m *protocols.Message) {
	switch body := m.Body.(type) {
	case *Clock:
		m.Body = &Clock{TS: l.other(body.TS)}
	case *Version:
		if v := l.invented(body.TS, l.index); l.rand.IntN(2) == 0 {
			vote := v.Body.(*Vote)
			*m = protocols.Message{Body: &Version{TS: vote.TS, Check: vote.Check}, Payload: v.Payload}
		} else if l.rand.IntN(3) == 0 {
			*m = protocols.Message{Body: &Version{}}
		}
	}
}

func (l *liar) other(ts protocols.Timestamp) protocols.Timestamp {
	return protocols.Timestamp{Num: max(1, ts.Num+l.rand.Uint64N(5)), PID: 1 + l.rand.Uint64N(3)}
}

// invented is a vote for a version that nobody wrote, with the right fragment of it.
func (l *liar) invented(ts protocols.Timestamp, _ int) protocols.Message {
	fragments, check, err := l.encode([]byte("invented"), protocols.Heap{})
	if err != nil {
		panic(err)
	}
	m := protocols.Message{Body: &Vote{TS: l.other(ts), Check: check, Echo: true, Ready: true}}
	if !l.fingerprints {
		m.Payload = fragments[l.index]
	}
	return m
}

// The register stays linearizable and its operations end while t servers lie.
func TestLiars(t *testing.T) {
	both(t, func(t *testing.T, p Protocol) {
		for faults := 1; faults <= 3; faults++ {
			prototest.Scenario{
				Protocol: p, Faults: faults, Seeds: 36 / faults,
				Byzantine: func(c *prototest.Cluster, i int) {
					c.Liars = append(c.Liars, i)
					c.Servers[i] = &liar{c.Servers[i].(*server), rand.New(rand.NewPCG(c.Rand.Uint64(), uint64(i)))}
				},
			}.Check(t)
		}
	})
}
