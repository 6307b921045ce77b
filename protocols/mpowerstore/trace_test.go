package mpowerstore_test

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/powbench/powbench/protocols"
	. "github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/protocols/prototest"
)

// TestTraces plays the scripts of testdata/traces, which show Algorithms 4 to 6 message by message. Those of folder
// literal run the paper's pseudo-code as printed, where things go wrong. All have more commands:
//
//	interrupt pid=1 value=v stored=(1,2,4) leaked=4
//	                      a WRITE that dies when STORE and COMPLETE have reached these servers only; the candidate leaks
//	report server=4 SPOIL the server offers the leaked candidate, spoilt, from now on
//	write-back server=1 SPOIL
//	                      a Byzantine reader sends the server the leaked candidate, spoilt, in FILTER
//	elsewhere pid=1       a WRITE under another key, whose candidate leaks
//	forget server=4       the server claims to know of no write, from now on
//
// SPOIL is any of nonce, mac (of the timestamp), vec, and vec-but=1 (all of vec but this server's entry).
func TestTraces(t *testing.T) {
	prototest.Walk(t, func(t *testing.T, path string) *prototest.Script {
		p := protocols.Protocol(ours)
		if strings.Contains(path, "literal") {
			p = literal
		}
		s := &leaking{Script: &prototest.Script{Cluster: prototest.New(t, p, 1, "paper", 1), Show: show, Payload: "fr"}}
		s.More = map[string]func(*testing.T, *datadriven.TestData) string{
			"interrupt": s.interrupt, "report": s.report, "write-back": s.writeBack, "forget": s.forget,
			"elsewhere": s.elsewhere,
		}
		return s.Script
	})
}

// leaking is a script's cluster, and the candidate that leaked to the Byzantine.
type leaking struct {
	*prototest.Script
	leaked Candidate
}

func (s *leaking) interrupt(t *testing.T, d *datadriven.TestData) string {
	var value string
	d.ScanArgs(t, "value", &value)
	w := s.Client(t, d, protocols.Writer)
	s.leaked = leak(s.Cluster, w, value, prototest.ServersOf(t, d, "stored"), serverOf(t, d, "leaked"))
	return show(&Complete{Candidate: s.leaked}) + "\n"
}

func (s *leaking) report(t *testing.T, d *datadriven.TestData) string {
	claim(s.Cluster, serverOf(t, d, "server"), s.spoilt(t, d))
	return ""
}

func (s *leaking) writeBack(t *testing.T, d *datadriven.TestData) string {
	server, filter := serverOf(t, d, "server"), &Filter{Candidates: []Candidate{s.spoilt(t, d)}}
	reply, err := s.Request(protocols.Reader, key, server, protocols.Message{Body: filter})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("→ s%d  %s\n← s%d  %s\n", server+1, show(filter), server+1, show(reply.Body))
}

func (s *leaking) elsewhere(t *testing.T, d *datadriven.TestData) string {
	s.Finish(s.Client(t, d, protocols.Writer).Write("other", []byte("v")))
	s.leaked = lcOf(s.Cluster, 0, "other")
	return show(&Complete{Candidate: s.leaked}) + "\n"
}

func (s *leaking) forget(t *testing.T, d *datadriven.TestData) string {
	forget(s.Cluster, serverOf(t, d, "server"))
	return ""
}

// spoilt is the leaked candidate, as the command's arguments want it.
func (s *leaking) spoilt(t *testing.T, d *datadriven.TestData) Candidate {
	c := s.leaked
	if d.HasArg("nonce") {
		c.Nonce = prototest.Flipped(c.Nonce)
	}
	if d.HasArg("mac") {
		c.TS.MAC = prototest.Flipped(c.TS.MAC)
	}
	if d.HasArg("vec") {
		c = spoilt(c)
	}
	if d.HasArg("vec-but") {
		c = spoilt(c, serverOf(t, d, "vec-but"))
	}
	return c
}

// serverOf is an argument that names a server: from 0, as in a cluster.
func serverOf(t *testing.T, d *datadriven.TestData, name string) (server int) {
	d.ScanArgs(t, name, &server)
	return server - 1
}

// show is a body in the paper's words.
func show(body protocols.Body) string {
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

// short is the byte in the middle, which is where flipped changes one.
func short(b []byte) string { return hex.EncodeToString(b[len(b)/2 : len(b)/2+1]) }
