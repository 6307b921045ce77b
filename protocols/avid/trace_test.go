package avid

import (
	"fmt"
	"strings"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/prototest"
)

// TestTraces plays the scripts of testdata/traces, which show AVID message by message, and those of its folder fp, which show
// AVID-FP.
func TestTraces(t *testing.T) {
	prototest.Walk(t, func(t *testing.T, path string) *prototest.Script {
		p := Protocol{Fingerprints: strings.Contains(path, "/fp/")}
		return &prototest.Script{
			Cluster: prototest.New(t, p, 1, "modern", 1), Show: show, Payload: "fr",
			Liar: func(s protocols.Server) protocols.Server { return inventor{s.(*server)} },
		}
	})
}

// inventor is a server that lies: it tells clients of a version that nobody wrote, and other servers that it is READY as soon
// as it has its fragment.
type inventor struct{ *server }

func (l inventor) Take(in protocols.Incoming, state protocols.StateReader) (protocols.Effects, error) {
	e, err := l.server.Take(in, state)
	ts := protocols.Timestamp{Num: 99, PID: 9}
	switch e.Reply.Body.(type) {
	case *Clock:
		e.Reply.Body = &Clock{TS: ts}
	case *Version:
		fragments, check, wrong := l.encode([]byte("lies"), protocols.Heap{})
		if wrong != nil {
			return e, wrong
		}
		e.Reply = protocols.Message{Body: &Version{TS: ts, Check: check}, Payload: fragments[l.index]}
	}
	for to, m := range e.Peers {
		if v, ok := m.Body.(*Vote); ok {
			e.Peers[to].Body = &Vote{TS: v.TS, Check: v.Check, Echo: v.Echo, Ready: true}
		}
	}
	return e, err
}

// show is a body in the words of the publications.
func show(body protocols.Body) string {
	switch m := body.(type) {
	case *GetTS:
		return "GET_TS" + listening(m.Listener)
	case *Clock:
		return fmt.Sprintf("TS %v", m.TS)
	case *Read:
		return "READ" + listening(m.Listener)
	case *Version:
		return fmt.Sprintf("VERSION %v", m.TS)
	case *Complete:
		return "COMPLETE"
	case *Completed:
		return "COMPLETED"
	case *Disperse:
		return fmt.Sprintf("DISPERSE %v", m.TS)
	case *Stored:
		return "STORED"
	case *Vote:
		says := [2][2]string{{"NOTHING", "READY"}, {"ECHO", "ECHO and READY"}}[bit(m.Echo)][bit(m.Ready)]
		return fmt.Sprintf("%s %v", says, m.TS)
	}
	return fmt.Sprintf("%T", body)
}

func bit(is bool) int {
	if is {
		return 1
	}
	return 0
}

func listening(name []byte) string {
	if len(name) == 0 {
		return ""
	}
	return " and listen"
}
