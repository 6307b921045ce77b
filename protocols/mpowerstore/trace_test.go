package mpowerstore

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/prototest"
)

// TestTraces plays the scripts of testdata, which show operations message by message. Run with -rewrite to record them
// anew, and read the difference.
func TestTraces(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		s := &script{c: prototest.New(t, Protocol{}, 1, "paper", 1), clients: map[uint64]*prototest.Client{}}
		datadriven.RunTest(t, path, s.run)
	})
}

// script is one file: four servers and the clients it names.
type script struct {
	c       *prototest.Cluster
	clients map[uint64]*prototest.Client
	leaked  Candidate
}

// run executes one command and returns what it shows:
//
//	write pid=1 value=v            a WRITE
//	read pid=2 [silent=(1,2)]      a READ, while the servers named do not answer
//	interrupt pid=1 value=v stored=(1,2,4) leaked=4
//	                               a WRITE that dies when STORE and COMPLETE have reached these servers only
//	spoil server=4                 the server offers the leaked candidate with a spoilt vector, from now on
//	forget server=4                the server claims to know of no write, from now on
func (s *script) run(t *testing.T, d *datadriven.TestData) string {
	var pid uint64
	var value string
	var server, leaked int
	var stored, silent []int
	d.MaybeScanArgs(t, "pid", &pid)
	d.MaybeScanArgs(t, "value", &value)
	d.MaybeScanArgs(t, "server", &server)
	d.MaybeScanArgs(t, "leaked", &leaked)
	for name, list := range map[string]*[]int{"stored": &stored, "silent": &silent} {
		d.MaybeScanArgs(t, name, list)
		for i := range *list {
			(*list)[i]--
		}
	}
	switch d.Cmd {
	case "write":
		return s.play(s.client(pid, protocols.Writer).Write(key, []byte(value)), silent)
	case "read":
		return s.play(s.client(pid, protocols.Reader).Read(key), silent)
	case "interrupt":
		s.leaked = leak(s.c, s.client(pid, protocols.Writer), value, stored, leaked-1)
		return s.show(&Complete{Candidate: s.leaked}) + "\n"
	case "spoil":
		claim(s.c, server-1, spoilt(s.leaked))
	case "forget":
		forget(s.c, server-1)
	default:
		t.Fatalf("%s: unknown command %q", d.Pos, d.Cmd)
	}
	return ""
}

func (s *script) client(pid uint64, role protocols.Role) *prototest.Client {
	if s.clients[pid] == nil {
		s.clients[pid] = s.c.Client(pid, role)
	}
	return s.clients[pid]
}

// play delivers the run's messages, oldest first, and shows them and its result.
func (s *script) play(run *prototest.Run, silent []int) string {
	dumb := prototest.Of(silent...)
	s.c.Deliver(func(e prototest.Envelope) bool { return run.Is(e) && !dumb(e) })
	s.c.Lose(run.Is)
	var b strings.Builder
	for _, e := range run.Trace {
		arrow := "→"
		if e.Reply {
			arrow = "←"
		}
		fmt.Fprintf(&b, "p%d %s s%d  %s%s\n", e.Client, arrow, e.Server+1, s.show(e.Body), showPayload(e.Payload))
	}
	result, err := run.Result()
	switch {
	case !run.Done():
		fmt.Fprintf(&b, "waits in round %d\n", run.Rounds())
	case err != nil:
		fmt.Fprintf(&b, "%v\n", err)
	case result.Bottom:
		fmt.Fprintf(&b, "⊥ after %d rounds\n", run.Rounds())
	case run.Kind == protocols.Write:
		fmt.Fprintf(&b, "OK, ts %v, after %d rounds\n", result.Timestamp, run.Rounds())
	default:
		fmt.Fprintf(&b, "%q, ts %v, after %d rounds\n", result.Value, result.Timestamp, run.Rounds())
	}
	return b.String()
}

// show is a body in the paper's words.
func (s *script) show(body protocols.Body) string {
	switch m := body.(type) {
	case *Clock:
		return "CLOCK"
	case *ClockAck:
		return "CLOCK_ACK ts " + showTS(m.TS)
	case *Store:
		return "STORE " + showEntry(&m.Entry)
	case *StoreAck:
		return "STORE_ACK"
	case *Complete:
		return "COMPLETE " + showCandidate(m.Candidate)
	case *CompleteAck:
		return "COMPLETE_ACK"
	case *Collect:
		return "COLLECT"
	case *CollectAck:
		return "COLLECT_ACK " + showCandidate(m.Candidate)
	case *Filter:
		var list []string
		for _, c := range m.Candidates {
			list = append(list, showCandidate(c))
		}
		return "FILTER {" + strings.Join(list, ", ") + "}"
	case *FilterAck:
		if m.Entry == nil {
			return fmt.Sprintf("FILTER_ACK ts %v", m.TS)
		}
		return "FILTER_ACK " + showEntry(m.Entry)
	case *Repair:
		return "REPAIR " + showCandidate(m.Candidate)
	case *RepairAck:
		return "REPAIR_ACK"
	}
	return fmt.Sprintf("%T", body)
}

func showTS(ts TS) string {
	if ts.IsZero() {
		return "0.0"
	}
	return fmt.Sprintf("%v/%s", ts.Timestamp, short(ts.MAC))
}

func showCandidate(c Candidate) string {
	if c.TS.IsZero() {
		return "c0"
	}
	return fmt.Sprintf("(%s, N %s, vec %s)", showTS(c.TS), short(c.Nonce), showVec(c.Vec))
}

func showEntry(e *Entry) string {
	return fmt.Sprintf("(%s, cc %d:%s, N̄ %s, vec %s)",
		showTS(e.TS), e.CC.Length, showVec(e.CC.Hashes), short(e.Commitment), showVec(e.Vec))
}

func showVec(vec [][]byte) string {
	list := make([]string, len(vec))
	for i, mac := range vec {
		list[i] = short(mac)
	}
	return "[" + strings.Join(list, " ") + "]"
}

func showPayload(p []byte) string {
	if p == nil {
		return ""
	}
	return fmt.Sprintf(" + fr %q", p)
}

// short is the byte in the middle, which is where flipped changes one.
func short(b []byte) string { return hex.EncodeToString(b[len(b)/2 : len(b)/2+1]) }
