package mpowerstore_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/powbench/powbench/protocols"
	. "github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/protocols/mpowerstore/variants"
	"github.com/powbench/powbench/protocols/prototest"
	"github.com/powbench/powbench/protocols/suite"
)

// liars are Byzantine servers that lie at random, together with a Byzantine reader that knows what they know and
// writes back what it can make of it.
type liars struct {
	*prototest.Cluster
	rand  *rand.Rand
	known []Candidate // every candidate that one of them has seen, of any key
	all   []int
}

// liar is one of them; it keeps the state of a correct server.
type liar struct {
	protocols.Server
	*liars
}

// join makes a server of the cluster one of the liars.
func (l *liars) join(c *prototest.Cluster, server int) {
	if l.Cluster != c { // a new schedule
		*l = liars{Cluster: c, rand: c.Rand}
	}
	l.all = append(l.all, server)
	c.Servers[server] = &liar{c.Servers[server], l}
}

func (l *liar) Handle(from protocols.Role, key protocols.Key, request protocols.Message,
	state protocols.StateReader,
) (protocols.Message, []protocols.Record, error) {
	reply, records, err := l.Server.Handle(from, key, request, state)
	if err != nil {
		return reply, records, err
	}
	l.learn(request.Body)
	if l.chance(20) {
		l.writeBack(key)
	}
	if l.chance(30) {
		records = nil // forgets
	}
	switch {
	case l.chance(30):
		return reply, records, nil
	case l.chance(5):
		return protocols.Message{}, records, nil
	case l.chance(5):
		kind := protocols.Kind(l.rand.IntN(16))
		return protocols.Message{Body: &prototest.Raw{As: kind, Data: []byte{0x91, 0xc0}}}, records, nil
	}
	l.lie(&reply)
	return reply, records, nil
}

func (l *liars) chance(percent int) bool { return l.rand.IntN(100) < percent }

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
	if len(l.known) == 0 || l.chance(10) {
		return Candidate{}
	}
	recent := l.known[max(0, len(l.known)-12):]
	c := recent[l.rand.IntN(len(recent))]
	switch l.rand.IntN(8) {
	case 0:
		c.Nonce = prototest.Flipped(c.Nonce)
	case 1:
		c.TS.MAC = prototest.Flipped(c.TS.MAC)
	case 2:
		c.TS.Num += uint64(l.rand.IntN(3))
	case 3:
		c.TS.PID++
	case 4:
		c = spoilt(c, l.rand.Perm(len(c.Vec))[:l.rand.IntN(len(c.Vec)+1)]...)
	case 5:
		c = spoilt(c, l.all...)
	}
	return c
}

// writeBack is the Byzantine reader: it asks a correct server to take a candidate.
func (l *liars) writeBack(key protocols.Key) {
	server := l.rand.IntN(len(l.Servers))
	c := l.candidate()
	if slices.Contains(l.all, server) || c.TS.IsZero() {
		return
	}
	var body protocols.Body = &Repair{Candidate: c}
	if l.chance(50) {
		body = &Filter{Candidates: []Candidate{c, c}}
	}
	if _, err := l.Request(protocols.Reader, key, server, protocols.Message{Body: body}); err != nil {
		l.Fatalf("a server refused a well-formed write-back: %v", err)
	}
}

// lie changes a reply, mostly to something well-formed.
func (l *liar) lie(reply *protocols.Message) {
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

func (l *liar) lieAboutEntry(ack *FilterAck, fragment *[]byte) {
	c := l.candidate()
	e := ack.Entry
	if l.chance(40) { // of its history, which counts where servers prune it
		ack.Horizon = l.candidate().TS.Timestamp
		if !c.TS.IsZero() {
			ack.Top = &c
		}
	}
	switch choice := l.rand.IntN(8); {
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
