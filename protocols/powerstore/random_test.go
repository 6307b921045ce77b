package powerstore

import (
	"fmt"
	"slices"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/prototest"
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
	case *Filter:
		l.known = append(l.known, m.Candidates...)
	case *Store: // the nonce is not known yet
		l.known = append(l.known, Candidate{TS: m.Entry.TS, Nonce: make([]byte, paramsOf(l.Cluster).pow.SecretSize())})
	}
}

// candidate is one that the liars know, often changed in one way or another.
func (l *liars) candidate() Candidate {
	if len(l.known) == 0 || l.Chance(10) {
		return Candidate{}
	}
	recent := l.known[max(0, len(l.known)-12):]
	c := recent[l.Rand.IntN(len(recent))]
	switch l.Rand.IntN(5) {
	case 0:
		c.Nonce = prototest.Flipped(c.Nonce)
	case 1:
		c.TS.Num += uint64(l.Rand.IntN(3))
	}
	return c
}

// writeBack is the Byzantine reader: it asks a correct server to take candidates.
func (l *liars) writeBack(key protocols.Key) {
	server := l.Rand.IntN(len(l.Servers))
	c, d := l.candidate(), l.candidate()
	if slices.Contains(l.All, server) || c.TS.IsZero() || d.TS.IsZero() {
		return
	}
	body := &Filter{Candidates: []Candidate{c, d, c}}
	if _, err := l.Request(protocols.Reader, key, server, protocols.Message{Body: body}); err != nil {
		l.Fatalf("a server refused a well-formed write-back: %v", err)
	}
}

// lie changes a reply, mostly to something well-formed.
func (l *liars) lie(reply *protocols.Message) {
	switch ack := reply.Body.(type) {
	case *CollectAck:
		ack.Candidates = []Candidate{l.candidate(), l.candidate()}[:1+l.Rand.IntN(2)]
	case *FilterAck:
		l.lieAboutFragment(ack, &reply.Payload)
	}
}

func (l *liars) lieAboutFragment(ack *FilterAck, fragment *[]byte) {
	c := l.candidate()
	switch choice := l.Rand.IntN(6); {
	case choice == 0:
		*ack = FilterAck{}
	case choice == 1 || ack.CC == nil:
		*ack = FilterAck{TS: c.TS}
	case choice == 2:
		*fragment = prototest.Flipped(*fragment)
	case choice == 3:
		*fragment = prototest.Flipped(*fragment)
		for i := range ack.CC.Hashes {
			ack.CC.Hashes[i] = l.Suite.Hash(*fragment)
		}
	case choice == 4:
		ack.CC.Length ^= 1
	default:
		ack.TS = c.TS
	}
}

// TestRandomLies runs random schedules under liars: histories stay linearizable and every operation ends.
func TestRandomLies(t *testing.T) {
	for _, x := range []struct {
		faults, seeds int
		suite         string
		protocol      Protocol
	}{
		{1, 100, "paper", Protocol{}},
		{1, 100, "modern", Protocol{}},
		{2, 50, "modern", Protocol{}},
		{3, 25, "modern", Protocol{}},
		{1, 60, "modern", Protocol{Polynomial: true}},
		{2, 30, "paper", Protocol{Polynomial: true}},
	} {
		t.Run(fmt.Sprintf("%s/t=%d/%s", protocols.NameOf(x.protocol), x.faults, x.suite), func(t *testing.T) {
			l := &liars{}
			prototest.Scenario{
				Protocol: x.protocol, Faults: x.faults, Suite: x.suite, Seeds: x.seeds, Writers: 1, Readers: 4, Keys: 1,
				Byzantine: l.join,
			}.Check(t)
		})
	}
}
