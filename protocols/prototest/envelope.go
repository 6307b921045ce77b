package prototest

import (
	"fmt"
	"strings"

	"github.com/powbench/powbench/protocols/play"
	"github.com/powbench/powbench/protocols/wire"

	"github.com/powbench/powbench/protocols"
)

// An Envelope is one message in flight.
type Envelope struct {
	Run    *Run // the operation it belongs to
	Client uint64
	Server int // 0-based
	Round  int // from 1
	Reply  bool
	protocols.Message
}

// String formats the envelope as "p1 → s2 round 1 Put+131072B": servers are numbered from 1, as in the paper.
func (e Envelope) String() string {
	name := strings.TrimLeft(fmt.Sprintf("%T", e.Body), "*")
	name = name[strings.LastIndex(name, ".")+1:]
	if len(e.Payload) > 0 {
		name = fmt.Sprintf("%s+%dB", name, len(e.Payload))
	}
	arrow := "→"
	if e.Reply {
		arrow = "←"
	}
	return fmt.Sprintf("p%d %s s%d round %d %s", e.Client, arrow, e.Server+1, e.Round, name)
}

// To matches the requests to the servers.
func To(servers ...int) func(Envelope) bool {
	of := Of(servers...)
	return func(e Envelope) bool { return !e.Reply && of(e) }
}

// Of matches all messages from and to the servers.
func Of(servers ...int) func(Envelope) bool {
	return func(e Envelope) bool {
		for _, s := range servers {
			if e.Server == s {
				return true
			}
		}
		return false
	}
}

// Everything matches every message.
func Everything(Envelope) bool { return true }

// Raw is a body of any bytes, for servers and clients that send what no codec would: Data takes the place of the
// encoded body. What cannot be decoded is lost, as a transport would have it.
type Raw struct {
	As   protocols.Kind
	Data []byte
}

// Kind is the kind that the bytes pretend to be of.
func (r *Raw) Kind() protocols.Kind { return r.As }

// transmit is the message as the other side sees it: its body went through the codec and its payload was copied.
// It is false if the body cannot be decoded. A kind that the protocol does not know arrives as a nil body.
func (c *Cluster) transmit(m protocols.Message) (protocols.Message, bool) {
	out := protocols.Message{Payload: play.ClonePayload(m.Payload)}
	if m.Body == nil {
		return out, true
	}
	data, err := encoded(m.Body)
	if err != nil {
		c.Fatalf("%v", err)
	}
	if out.Body = c.protocol.NewBody(m.Body.Kind()); out.Body == nil {
		return out, true
	}
	return out, wire.Unmarshal(data, out.Body) == nil
}

func encoded(b protocols.Body) ([]byte, error) {
	if raw, ok := b.(*Raw); ok {
		return raw.Data, nil
	}
	return wire.Marshal(nil, b)
}
