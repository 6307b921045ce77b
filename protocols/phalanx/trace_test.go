package phalanx

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/prototest"
)

// TestTraces plays the scripts of testdata/traces, which show Phalanx message by message, and in folder metadata-first
// that variant of its READs. A server that lies claims that a client wrote "bogus" with the highest timestamp there is.
func TestTraces(t *testing.T) {
	prototest.Walk(t, func(t *testing.T, path string) *prototest.Script {
		variant := map[bool]string{true: MetadataFirst}[strings.Contains(path, MetadataFirst)]
		c := prototest.New(t, Protocol{Variant: variant}, 1, "modern", 1) // its signatures are the same in every run
		return &prototest.Script{
			Cluster: c, Show: show, Payload: "v",
			Liar: func(s protocols.Server) protocols.Server { return inflated{s, c.Suite.HashSize()} },
		}
	})
}

// show is a body in the words of the literature.
func show(body protocols.Body) string {
	switch m := body.(type) {
	case *GetTS:
		return "GET_TS"
	case *GetTSAck:
		return fmt.Sprintf("GET_TS_ACK ts %v, H(v) %s, σ %s", m.Datum.TS, short(m.Datum.Hash), short(m.Datum.Signature))
	case *Put:
		return fmt.Sprintf("PUT ts %v, σ %s", m.TS, short(m.Signature))
	case *PutAck:
		return "PUT_ACK"
	case *Get:
		return "GET"
	case *GetAck:
		return fmt.Sprintf("GET_ACK ts %v, σ %s", m.TS, short(m.Signature))
	}
	return fmt.Sprintf("%T", body)
}

// short is the first byte, or a dash.
func short(b []byte) string {
	if len(b) == 0 {
		return "–"
	}
	return hex.EncodeToString(b[:1])
}
