package cas

import (
	"fmt"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/prototest"
)

// TestTraces plays the scripts of testdata/traces, which show CAS message by message.
func TestTraces(t *testing.T) {
	prototest.Walk(t, func(t *testing.T, _ string) *prototest.Script {
		return &prototest.Script{Cluster: prototest.New(t, Protocol{}, 1, "modern", 1), Show: show, Payload: "w"}
	})
}

// show is a body in the publication's words.
func show(body protocols.Body) string {
	switch m := body.(type) {
	case *Query:
		return "query"
	case *PreWrite:
		return fmt.Sprintf("pre-write %v", m.TS)
	case *Finalize:
		if m.Read {
			return fmt.Sprintf("finalize %v, read", m.TS)
		}
		return fmt.Sprintf("finalize %v", m.TS)
	case *Ack:
		if m.TS.IsZero() {
			return "ack"
		}
		return fmt.Sprintf("ack %v", m.TS)
	}
	return fmt.Sprintf("%T", body)
}
