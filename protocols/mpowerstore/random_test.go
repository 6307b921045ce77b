package mpowerstore_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/powbench/powbench/protocols"
	. "github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/protocols/mpowerstore/variants"
	"github.com/powbench/powbench/protocols/prototest"
	"github.com/powbench/powbench/protocols/suite"
)

// liars know candidates of any key, and what can be made of them.
type liars struct {
	prototest.Liars
	known []Candidate // every candidate that one of them has seen
}

// join makes a server of the cluster one of the liars.
func (l *liars) join(c *prototest.Cluster, server int) {
	l.Learn, l.WriteBack, l.Lie = l.learn, l.writeBack, l.lie
	if l.Join(c, server) {
		l.known = nil
	}
}

// learn remembers candidates, with variants that share their timestamps.
func (l *liars) learn(body protocols.Body) {
	switch m := body.(type) {
	case *Complete:
		l.known = append(l.known, m.Candidate)
	case *Repair:
		l.known = append(l.known, m.Candidate)
	case *Filter:
		l.known = append(l.known, m.Candidates...)
	case *Store: // the nonce is not known yet
		l.known = append(l.known, Candidate{TS: m.Entry.TS, Nonce: make([]byte, l.nonce()), Vec: m.Entry.Vec})
	}
}

// nonce is how long nonces are, in bytes.
func (l *liars) nonce() int {
	p := l.Protocol()
	if watched, ok := p.(*watch); ok {
		p = watched.Protocol
	}
	nonce, _ := p.(interface {
		CandidateShape(t int, s suite.Suite) (nonce, macs int)
	}).CandidateShape(l.Faults, l.Suite)
	return nonce
}

// candidate is one that the liars know, often changed in one way or another.
func (l *liars) candidate() Candidate {
	if len(l.known) == 0 || l.Chance(10) {
		return Candidate{}
	}
	recent := l.known[max(0, len(l.known)-12):]
	c := recent[l.Rand.IntN(len(recent))]
	switch l.Rand.IntN(8) {
	case 0:
		c.Nonce = prototest.Flipped(c.Nonce)
	case 1:
		c.TS.MAC = prototest.Flipped(c.TS.MAC)
	case 2:
		c.TS.Num += uint64(l.Rand.IntN(3))
	case 3:
		c.TS.PID++
	case 4:
		c = spoilt(c, l.Rand.Perm(len(c.Vec))[:l.Rand.IntN(len(c.Vec)+1)]...)
	case 5:
		c = spoilt(c, l.All...)
	}
	return c
}

// writeBack is the Byzantine reader: it asks a correct server to take a candidate.
func (l *liars) writeBack(key protocols.Key) {
	server := l.Rand.IntN(len(l.Servers))
	c := l.candidate()
	if slices.Contains(l.All, server) || c.TS.IsZero() {
		return
	}
	var body protocols.Body = &Repair{Candidate: c}
	if l.Chance(50) {
		body = &Filter{Candidates: []Candidate{c, c}}
	}
	if _, err := l.Request(protocols.Reader, key, server, protocols.Message{Body: body}); err != nil {
		l.Fatalf("a server refused a well-formed write-back: %v", err)
	}
}

// lie changes a reply, mostly to something well-formed.
func (l *liars) lie(reply *protocols.Message) {
	switch ack := reply.Body.(type) {
	case *ClockAck:
		ack.TS = l.candidate().TS
	case *CollectAck:
		ack.Candidate = l.candidate()
	case *FilterAck:
		l.lieAboutEntry(ack, &reply.Payload)
	case *variants.FetchAck:
		reply.Payload = prototest.Flipped(reply.Payload)
	}
}

func (l *liars) lieAboutEntry(ack *FilterAck, fragment *[]byte) {
	c := l.candidate()
	e := ack.Entry
	if l.Chance(40) { // of its history, which counts where servers prune it
		ack.Horizon = l.candidate().TS.Timestamp
		if !c.TS.IsZero() {
			ack.Top = &c
		}
	}
	switch choice := l.Rand.IntN(8); {
	case choice == 0:
		*ack = FilterAck{}
	case choice == 1 || e == nil:
		*ack = FilterAck{TS: c.TS.Timestamp}
	case choice == 2:
		*fragment = prototest.Flipped(*fragment)
	case choice == 3:
		*fragment = prototest.Flipped(*fragment)
		for i := range e.CC.Hashes {
			e.CC.Hashes[i] = l.Suite.Hash(*fragment)
		}
	case choice == 4:
		e.CC.Length ^= 1
	case choice == 5:
		e.Vec = spoilt(Candidate{Vec: e.Vec}).Vec
	case choice == 6:
		e.Commitment = l.Suite.Hash(c.Nonce)
	default:
		ack.TS, e.TS = c.TS.Timestamp, c.TS
	}
}

// TestRandomLies runs random schedules under liars: histories stay linearizable and every operation ends.
func TestRandomLies(t *testing.T) {
	for _, x := range []struct {
		protocols.Protocol
		faults, seeds int
		suite         string
	}{
		{Protocol{}, 1, 100, "paper"},
		{Protocol{}, 1, 100, "modern"},
		{Protocol{}, 2, 60, "modern"},
		{Protocol{}, 3, 30, "modern"},
		{kinds[1], 1, 40, "modern"},
		{kinds[1], 2, 15, "paper"},
		{kinds[2], 1, 30, "modern"},
		{kinds[2], 2, 6, "paper"},
		{whole, 1, 20, "modern"},
		{whole, 2, 10, "modern"},
		{bounded, 1, 40, "modern"},
		{bounded, 2, 10, "modern"},
	} {
		t.Run(fmt.Sprintf("%s/t=%d/%s", protocols.NameOf(x.Protocol), x.faults, x.suite), func(t *testing.T) {
			l := &liars{}
			prototest.Scenario{
				Protocol: x.Protocol, Faults: x.faults, Suite: x.suite, Seeds: x.seeds, Byzantine: l.join,
			}.Check(t)
		})
	}
}
