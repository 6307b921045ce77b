package powerstore

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
	"github.com/powbench/powbench/protocols/prototest"
)

// TestTraces plays the scripts of testdata/traces, which show Algorithms 1 to 3 message by message. They have more
// commands:
//
//	report server=4 num=9   the server offers a candidate that nobody wrote, from now on
//	forget server=4         the server claims to know of no write, from now on
//	flood server=1 num=7    a Byzantine reader has the server filter a candidate that nobody wrote
//	kept server=1           what the server keeps in lc and LC
func TestTraces(t *testing.T) {
	prototest.Walk(t, func(t *testing.T, _ string) *prototest.Script {
		s := &lying{&prototest.Script{Cluster: prototest.New(t, Protocol{}, 1, "paper", 1), Show: show, Payload: "fr"}}
		s.More = map[string]func(*testing.T, *datadriven.TestData) string{
			"report": s.report, "forget": s.forget, "flood": s.flood, "kept": s.kept,
		}
		return s.Script
	})
}

// lying is a script's cluster, in which servers and readers may lie.
type lying struct{ *prototest.Script }

func (s *lying) report(t *testing.T, d *datadriven.TestData) string {
	c := s.bogus(t, d)
	claim(s.Cluster, serverOf(t, d), c)
	return showCandidate(c) + "\n"
}

func (s *lying) forget(t *testing.T, d *datadriven.TestData) string {
	forget(s.Cluster, serverOf(t, d))
	return ""
}

func (s *lying) flood(t *testing.T, d *datadriven.TestData) string {
	server, filter := serverOf(t, d), &Filter{Candidates: []Candidate{s.bogus(t, d)}}
	reply := s.Ask(protocols.Reader, key, server, filter)
	return fmt.Sprintf("→ s%d  %s\n← s%d  %s\n", server+1, show(filter), server+1, show(reply.Body))
}

func (s *lying) kept(t *testing.T, d *datadriven.TestData) string {
	server := serverOf(t, d)
	return fmt.Sprintf("lc %s, LC %s\n", showCandidate(lcOf(s.Cluster, server)), showSet(backOf(s.Cluster, server)))
}

// bogus is the candidate that the command's num names.
func (s *lying) bogus(t *testing.T, d *datadriven.TestData) Candidate {
	var num uint64
	d.ScanArgs(t, "num", &num)
	return bogus(s.Cluster, num)
}

// serverOf is the server that the command names: from 0, as in a cluster.
func serverOf(t *testing.T, d *datadriven.TestData) (server int) {
	d.ScanArgs(t, "server", &server)
	return server - 1
}

// show is a body in the paper's words.
func show(body protocols.Body) string {
	switch m := body.(type) {
	case *Store:
		return fmt.Sprintf("STORE ts %v, %s, N̄ %s", m.Entry.TS, showCC(&m.Entry.CC), short(m.Entry.Commitment))
	case *StoreAck:
		return "STORE_ACK"
	case *Complete:
		return "COMPLETE " + showCandidate(m.Candidate)
	case *CompleteAck:
		return "COMPLETE_ACK"
	case *Collect:
		return "COLLECT"
	case *CollectAck:
		return "COLLECT_ACK " + showSet(m.Candidates)
	case *Filter:
		return "FILTER " + showSet(m.Candidates)
	case *FilterAck:
		if m.CC == nil {
			return fmt.Sprintf("FILTER_ACK ts %v", m.TS)
		}
		return fmt.Sprintf("FILTER_ACK ts %v, %s", m.TS, showCC(m.CC))
	}
	return fmt.Sprintf("%T", body)
}

func showCandidate(c Candidate) string {
	if c.TS.IsZero() {
		return "c0"
	}
	return fmt.Sprintf("(%v, N %s)", c.TS, short(c.Nonce))
}

func showSet(set []Candidate) string {
	list := make([]string, len(set))
	for i, c := range set {
		list[i] = showCandidate(c)
	}
	return "{" + strings.Join(list, ", ") + "}"
}

func showCC(cc *dispersal.CrossChecksum) string {
	list := make([]string, len(cc.Hashes))
	for i, h := range cc.Hashes {
		list[i] = short(h)
	}
	return fmt.Sprintf("cc %d:[%s]", cc.Length, strings.Join(list, " "))
}

// short is the byte in the middle, which is where flipped changes one.
func short(b []byte) string { return hex.EncodeToString(b[len(b)/2 : len(b)/2+1]) }
