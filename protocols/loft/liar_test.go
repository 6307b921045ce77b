package loft

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/fingerprint"
	"github.com/powbench/powbench/protocols/prototest"
)

// liar is a Byzantine server: it distorts what it tells, spoils its MACs, and forgets what it stores.
type liar struct {
	protocols.Server
	rand   *rand.Rand
	spoils bool
}

func (l *liar) Handle(from protocols.Role, key protocols.Key, request protocols.Message, state protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	reply, records, err := l.Server.Handle(from, key, request, state)
	if err != nil {
		return protocols.Message{}, nil, err
	}
	if l.rand.IntN(3) == 0 {
		records = nil
	}
	switch body := reply.Body.(type) {
	case *Found:
		reply.Body = &Found{Highest: l.ahead(body.Highest)}
		if l.rand.IntN(2) == 0 {
			reply.Body = &Found{Committed: l.ahead(body.Highest), Highest: protocols.Timestamp{Num: math.MaxUint64 - 1, PID: 9}}
		}
	case *Prepared:
		reply.Body = &Prepared{Row: l.spoil(body.Row)}
	case *Latest:
		if !body.Time.TS.IsZero() && l.rand.IntN(2) == 0 {
			reply.Body = &Latest{Time: Time{TS: l.ahead(body.Time.TS), Verifier: body.Time.Verifier}}
		}
	case *Version:
		v := *body
		if v.Row = l.spoil(v.Row); l.rand.IntN(3) == 0 && !v.Committed.TS.IsZero() {
			v.Committed.TS = l.ahead(v.Committed.TS)
			v.Checksum = fingerprint.Checksum{}
			reply.Payload = nil
		}
		reply.Body = &v
	}
	return reply, records, nil
}

// ahead is a timestamp that is a little ahead, or far.
func (l *liar) ahead(ts protocols.Timestamp) protocols.Timestamp {
	return protocols.Timestamp{Num: ts.Num + 1 + l.rand.Uint64N(2)<<40, PID: 1 + l.rand.Uint64N(3)}
}

// spoil alters the MACs for some servers.
func (l *liar) spoil(row [][]byte) [][]byte {
	row = slices.Clone(row)
	for i := range row {
		if l.spoils && l.rand.IntN(2) == 0 {
			row[i] = slices.Repeat([]byte{7}, len(row[i]))
		}
	}
	return row
}

func lie(c *prototest.Cluster, server int) {
	c.Servers[server] = &liar{c.Servers[server], c.Rand, c.Faults == 1} // with more that spoil, rounds may run out (U4, U6)
}

func TestRandomSchedulesWithLyingServers(t *testing.T) {
	for faults := 1; faults <= 3; faults++ {
		prototest.Scenario{Protocol: Protocol{}, Faults: faults, Seeds: 90 / faults, Byzantine: lie}.Check(t)
	}
}

// spoiler spoils the MACs that it makes for others.
type spoiler struct{ protocols.Server }

func (s spoiler) Handle(from protocols.Role, key protocols.Key, request protocols.Message, state protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	reply, records, err := s.Server.Handle(from, key, request, state)
	if body, ok := reply.Body.(*Prepared); ok {
		reply.Body = &Prepared{Row: slices.Repeat([][]byte{make([]byte, len(body.Row[0]))}, len(body.Row))}
	}
	return reply, records, err
}

// A server that spoils its MACs costs a WRITE one round more: D+3d, where the paper's Table 3 has D+2d (U4).
func TestSpoiltMACsCostARound(t *testing.T) {
	h := byHand(t, 1)
	h.Servers[0] = spoiler{h.Servers[0]}
	w := h.Client(1, protocols.Writer)
	write := w.Write("k", []byte("v"))
	late := func(e prototest.Envelope) bool { return e.Server == 3 && e.Round == 2 }
	h.Hold(late)
	h.Run()
	if write.Done() || write.Rounds() != 3 {
		t.Fatalf("done %v after %d rounds: three rows, one of them spoilt, convince a quorum", write.Done(), write.Rounds())
	}
	h.Release()
	h.Finish(write)
	if write.Rounds() != 4 {
		t.Errorf("a WRITE of %d rounds, want 4", write.Rounds())
	}
	if value, rounds := h.reads(2, 0); value != "v" || rounds != 1 {
		t.Errorf("READ returns %q after %d rounds", value, rounds)
	}
}
