package bftbc

import (
	"encoding/hex"
	"fmt"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/prototest"
)

// TestTraces plays the scripts of testdata/traces, which show BFT-BC message by message. A server that lies shows its own
// signature 2t+1 times as the certificate of a value that nobody wrote.
func TestTraces(t *testing.T) {
	prototest.Walk(t, func(t *testing.T, _ string) *prototest.Script {
		c := prototest.New(t, Protocol{}, 1, "modern", 1) // its signatures are the same in every run
		return &prototest.Script{
			Cluster: c, Show: show, Payload: "v",
			Liar: func(s protocols.Server) protocols.Server { return inventor{s, c, 0} },
		}
	})
}

// inventor is a server that lies.
type inventor struct {
	protocols.Server
	*prototest.Cluster
	index int
}

func (s inventor) Handle(from protocols.Role, key protocols.Key, m protocols.Message, state protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	reply, records, err := s.Server.Handle(from, key, m, state)
	ts, value := protocols.Timestamp{Num: 99, PID: 9}, []byte("bogus")
	what := statement(preparing, key, ts, s.Suite.Hash(value))
	one := newForger(s.Cluster).signature(s.index, what)
	by := Certificate{Signers: []byte{byte(s.index), byte(s.index), byte(s.index)}}
	for range by.Signers {
		by.Signatures = append(by.Signatures, one...)
	}
	switch reply.Body.(type) {
	case *Newest:
		reply.Body = &Newest{Prepared: Prepared{TS: ts, Hash: s.Suite.Hash(value), By: by}}
	case *Value:
		reply = protocols.Message{Body: &Value{TS: ts, By: by}, Payload: value}
	}
	return reply, records, err
}

// show is a body in the words of the publication.
func show(body protocols.Body) string {
	switch m := body.(type) {
	case *ReadTS:
		return "READ-TS"
	case *Newest:
		return fmt.Sprintf("NEWEST %s", prepared(m.Prepared.TS, m.Prepared.By))
	case *Prepare:
		return fmt.Sprintf("PREPARE %v, h %s, after %s, last %s, σ %s", m.TS, short(m.Hash), prepared(m.Max.TS, m.Max.By),
			prepared(m.Last.TS, m.Last.By), short(m.Signature))
	case *Write:
		return fmt.Sprintf("WRITE %s", prepared(m.TS, m.By))
	case *Signed:
		return fmt.Sprintf("SIGNED σ %s", short(m.Signature))
	case *Read:
		return "READ"
	case *Value:
		return fmt.Sprintf("VALUE %s", prepared(m.TS, m.By))
	}
	return fmt.Sprintf("%T", body)
}

// prepared is a timestamp with the servers that signed for it.
func prepared(ts protocols.Timestamp, by Certificate) string {
	if ts.IsZero() {
		return "–"
	}
	signers := ""
	for _, s := range by.Signers {
		signers += fmt.Sprintf("s%d", s+1)
	}
	return fmt.Sprintf("%v by %s", ts, signers)
}

// short is the first byte, or a dash.
func short(b []byte) string {
	if len(b) == 0 {
		return "–"
	}
	return hex.EncodeToString(b[:1])
}
