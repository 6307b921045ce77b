package mabd

import (
	"fmt"
	"strings"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/prototest"
)

// TestTraces plays the scripts of testdata/traces, which show M-ABD message by message, and in folder metadata-first that
// variant of its READs. A server that lies claims that a client wrote "phantom" at 9.9.
func TestTraces(t *testing.T) {
	prototest.Walk(t, func(t *testing.T, path string) *prototest.Script {
		variant := map[bool]string{true: MetadataFirst}[strings.Contains(path, MetadataFirst)]
		return &prototest.Script{
			Cluster: prototest.New(t, Protocol{Variant: variant}, 1, "paper", 1), Show: show, Payload: "v",
			Liar: func(s protocols.Server) protocols.Server { return phantom{s} },
		}
	})
}

// phantom is a Byzantine server that makes a value up.
type phantom struct{ protocols.Server }

func (s phantom) Handle(from protocols.Role, key protocols.Key, m protocols.Message, state protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	ts := protocols.Timestamp{Num: 9, PID: 9}
	switch m.Body.(type) {
	case *GetTS:
		return protocols.Message{Body: &GetTSAck{TS: ts}}, nil, nil
	case *Get:
		return protocols.Message{Body: &GetAck{TS: ts}, Payload: []byte("phantom")}, nil, nil
	}
	return s.Server.Handle(from, key, m, state)
}

// show is a body in the words of the literature.
func show(body protocols.Body) string {
	switch m := body.(type) {
	case *GetTS:
		return "GET_TS"
	case *GetTSAck:
		return fmt.Sprintf("GET_TS_ACK ts %v", m.TS)
	case *Put:
		return fmt.Sprintf("PUT ts %v", m.TS)
	case *PutAck:
		return "PUT_ACK"
	case *Get:
		return "GET"
	case *GetAck:
		return fmt.Sprintf("GET_ACK ts %v", m.TS)
	}
	return fmt.Sprintf("%T", body)
}
