package pasis

import (
	"fmt"
	"strings"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/prototest"
)

// TestTraces plays the scripts of testdata/traces, which show PASIS message by message.
func TestTraces(t *testing.T) {
	prototest.Walk(t, func(t *testing.T, _ string) *prototest.Script {
		return &prototest.Script{Cluster: prototest.New(t, Protocol{}, 1, "modern", 1), Show: show, Payload: "fr"}
	})
}

// show is a body in the words of the package.
func show(body protocols.Body) string {
	switch m := body.(type) {
	case *GetTime:
		return "GET_TIME"
	case *TimeAck:
		return fmt.Sprintf("TIME %v", m.TS)
	case *Store:
		return fmt.Sprintf("STORE %v", m.TS)
	case *Stored:
		return "STORED"
	case *Latest:
		return "LATEST"
	case *Get:
		return fmt.Sprintf("GET %v", m.Time.TS)
	case *Version:
		return fmt.Sprintf("VERSION %v", m.TS)
	case *History:
		return fmt.Sprintf("HISTORY before %v", m.Before.TS)
	case *Times:
		var all []string
		for _, t := range m.Times {
			all = append(all, t.TS.String())
		}
		return "TIMES " + strings.Join(all, ", ")
	}
	return fmt.Sprintf("%T", body)
}
