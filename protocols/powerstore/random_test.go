package powerstore

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/prototest"
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
		kind := protocols.Kind(l.rand.IntN(12))
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
	case *Filter:
		l.known = append(l.known, m.Candidates...)
	case *Store: // the nonce is not known yet
		l.known = append(l.known, Candidate{TS: m.Entry.TS, Nonce: make([]byte, paramsOf(l.Cluster).pow.SecretSize())})
	}
}

// candidate is one that the liars know, often changed in one way or another.
func (l *liars) candidate() Candidate {
	if len(l.known) == 0 || l.chance(10) {
		return Candidate{}
	}
	recent := l.known[max(0, len(l.known)-12):]
	c := recent[l.rand.IntN(len(recent))]
	switch l.rand.IntN(5) {
	case 0:
		c.Nonce = prototest.Flipped(c.Nonce)
	case 1:
		c.TS.Num += uint64(l.rand.IntN(3))
	}
	return c
}

// writeBack is the Byzantine reader: it asks a correct server to take candidates.
func (l *liars) writeBack(key protocols.Key) {
	server := l.rand.IntN(len(l.Servers))
	c, d := l.candidate(), l.candidate()
	if slices.Contains(l.all, server) || c.TS.IsZero() || d.TS.IsZero() {
		return
	}
	body := &Filter{Candidates: []Candidate{c, d, c}}
	if _, err := l.Request(protocols.Reader, key, server, protocols.Message{Body: body}); err != nil {
		l.Fatalf("a server refused a well-formed write-back: %v", err)
	}
}

// lie changes a reply, mostly to something well-formed.
func (l *liar) lie(reply *protocols.Message) {
	switch ack := reply.Body.(type) {
	case *CollectAck:
		ack.Candidates = []Candidate{l.candidate(), l.candidate()}[:1+l.rand.IntN(2)]
	case *FilterAck:
		l.lieAboutFragment(ack, &reply.Payload)
	}
}

func (l *liar) lieAboutFragment(ack *FilterAck, fragment *[]byte) {
	c := l.candidate()
	switch choice := l.rand.IntN(6); {
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
