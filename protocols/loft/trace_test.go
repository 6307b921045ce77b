package loft

import (
	"fmt"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/prototest"
)

// TestTraces plays the scripts of testdata/traces, which show Loft message by message.
func TestTraces(t *testing.T) {
	prototest.Walk(t, func(t *testing.T, _ string) *prototest.Script {
		return &prototest.Script{Cluster: prototest.New(t, Protocol{}, 1, "modern", 1), Show: show, Payload: "fr"}
	})
}

// show is a body in the words of the package.
func show(body protocols.Body) string {
	switch m := body.(type) {
	case *Find:
		return "FIND"
	case *Found:
		return fmt.Sprintf("FOUND committed %v, highest %v", m.Committed, m.Highest)
	case *Prepare:
		return fmt.Sprintf("PREPARE %v%s", m.TS, by(m.MACs))
	case *Prepared:
		return "PREPARED"
	case *Commit:
		return fmt.Sprintf("COMMIT %v%s", m.Time.TS, by(m.MACs))
	case *Latest:
		return fmt.Sprintf("COMMITTED %v", m.Time.TS)
	case *Read:
		if m.At.TS.IsZero() {
			return "READ"
		}
		return fmt.Sprintf("READ %v%s", m.At.TS, map[bool]string{true: ", bare"}[m.Bare])
	case *Version:
		return fmt.Sprintf("VERSION committed %v%s%s", m.Committed.TS, map[bool]string{true: ", this one prepared"}[m.Prepared],
			map[bool]string{true: ", row"}[m.Row != nil])
	}
	return fmt.Sprintf("%T", body)
}

// by names the servers that made the MACs.
func by(macs [][]byte) (names string) {
	for i, mac := range macs {
		if len(mac) > 0 {
			names += fmt.Sprintf(" s%d", i+1)
		}
	}
	if names == "" {
		return ""
	}
	return ", MACs by" + names
}
