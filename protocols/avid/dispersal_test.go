package avid

import (
	"slices"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/prototest"
)

// What a writer sends a server is founded though no other server speaks of it.
func TestWritersRequestFounds(t *testing.T) {
	both(t, func(t *testing.T, p Protocol) {
		c, _, fragments, check := cluster(t, p, "value")
		m := protocols.Message{Body: &Disperse{TS: protocols.Timestamp{Num: 1, PID: 1}, Check: check}, Payload: fragments[0]}
		if _, err := c.Request(protocols.Writer, "k", 0, m); err != nil {
			t.Fatal(err)
		}
		if got := len(registerOf(t, c).Unfounded); got > 0 {
			t.Errorf("%d dispersals count as unfounded", got)
		}
	})
}

// Fragments that are of no value are not kept, nor those that come later, and no votes have the server send READY or end the dispersal,
// even as many as others can never send.
func TestNoVotesHelpWhatIsNoValue(t *testing.T) {
	for _, vote := range []Vote{{Echo: true}, {Ready: true}} {
		c, is, fragments, check := cluster(t, Protocol{}, "value")
		for i := range fragments[2:] {
			fragments[2+i] = prototest.Flipped(fragments[2+i])
			check.CC.Hashes[2+i] = is.suite.Hash(fragments[2+i])
		}
		ts := protocols.Timestamp{Num: 1, PID: 1}
		for server := 1; server < 4; server++ {
			vote.TS, vote.Check = ts, check
			v := vote
			c.Send(server, 0, "k", protocols.Message{Body: &v, Payload: fragments[server]})
			c.Deliver(func(e prototest.Envelope) bool { return e.Peer && e.Server == 0 })
		}
		var v votes
		c.Load(0, "k", recordVotes(is.timeOf(ts, check)), &v)
		if !v.Wrong || v.Sent || v.Ended || hasVersion(t, c) {
			t.Errorf("%+v from three servers: %+v", vote, v)
		}
		if _, kept := c.Record(0, "k", recordFragments(is.timeOf(ts, check))); kept {
			t.Error("a fragment of no value is kept")
		}
		in := protocols.Incoming{Key: "k", Message: protocols.Message{Body: &Vote{TS: ts, Check: check, Echo: true, Ready: true}, Payload: fragments[1]}, Server: 1}
		e, err := c.Servers[0].(*server).Take(in, &prototest.Peek{Cluster: c, Server: 0, Key: "k"})
		if err != nil || slices.ContainsFunc(e.Records, func(r protocols.Record) bool { return r.Name == recordFragments(is.timeOf(ts, check)) }) {
			t.Errorf("what is gone is removed once more: %d records, %v", len(e.Records), err)
		}
	}
}

// A server that finds the fragments to be of no value when it gets its own tells nobody of it, neither that it has its fragment nor anything
// else: others would count its ECHO.
func TestNoEchoOfWhatIsNoValue(t *testing.T) {
	c, is, fragments, check := cluster(t, Protocol{}, "value")
	for i := range fragments[2:] {
		fragments[2+i] = prototest.Flipped(fragments[2+i])
		check.CC.Hashes[2+i] = is.suite.Hash(fragments[2+i])
	}
	ts := protocols.Timestamp{Num: 1, PID: 1}
	c.Send(1, 0, "k", protocols.Message{Body: &Vote{TS: ts, Check: check, Echo: true}, Payload: fragments[1]})
	c.Deliver(func(e prototest.Envelope) bool { return e.Peer && e.Server == 0 })
	in := protocols.Incoming{
		Key: "k", Role: protocols.Writer, Message: protocols.Message{Body: &Disperse{TS: ts, Check: check}, Payload: fragments[0]},
	}
	e, err := c.Servers[0].(*server).Take(in, &prototest.Peek{Cluster: c, Server: 0, Key: "k"})
	if err != nil || len(e.Peers) > 0 {
		t.Errorf("its own fragment has it send %d messages, %v", len(e.Peers), err)
	}
}

// A record of fragments that a disk has altered names servers that there are not, or lacks fragments: that is an error and no panic.
func TestAlteredFragments(t *testing.T) {
	_, is, pieces, check := cluster(t, Protocol{}, "value")
	for name, held := range map[string]struct {
		of     []uint64
		pieces [][]byte
	}{
		"a fifth server": {[]uint64{4, 0}, pieces[:2]}, "fewer fragments than servers": {[]uint64{0, 1}, pieces[:1]},
	} {
		d := dispersed{server: &server{params: is}, check: check, fetched: true, held: fragments{Of: held.of}, pieces: held.pieces}
		if d.verify(); d.err == nil {
			t.Errorf("%s: they restore a value", name)
		}
	}
	d := dispersed{server: &server{params: is}, fetched: true, held: fragments{Of: []uint64{0}}}
	if own := d.own(); own != nil {
		t.Errorf("a record without fragments has %q", own)
	}
}

// A server that gets a fragment again answers and does no more: not of its version, nor of one that has been superseded, whose fragments
// are gone.
func TestFragmentsComeAgain(t *testing.T) {
	both(t, func(t *testing.T, p Protocol) {
		c, is, _, _ := cluster(t, p, "")
		r := &recorder{server: c.Servers[0].(*server)}
		c.Servers[0] = r
		ask(t, c, &Read{Listener: []byte("before all others")[:16]})
		var again []protocols.Message
		var kept []string
		for n, value := range []string{"first", "second"} {
			ts := c.Finish(c.Client(uint64(n+1), protocols.Writer).Write("k", []byte(value))).Timestamp
			c.Run()
			fragments, check, err := is.encode([]byte(value), protocols.Heap{})
			if err != nil {
				t.Fatal(err)
			}
			again = append(again, protocols.Message{Body: &Disperse{TS: ts, Check: check}, Payload: fragments[0]})
			kept = append(kept, recordFragments(is.timeOf(ts, check)))
		}
		records := c.Records(0, "k")
		r.later = nil
		for _, m := range again {
			reply, err := c.Request(protocols.Writer, "k", 0, m)
			if _, stored := reply.Body.(*Stored); err != nil || !stored {
				t.Errorf("%T, %v", reply.Body, err)
			}
		}
		if got := c.Records(0, "k"); got != records || len(r.later) > 0 {
			t.Errorf("%d records, %d before; %d letters", got, records, len(r.later))
		}
		for n, name := range kept {
			if _, found := c.Record(0, "k", name); found != (n == 1) {
				t.Errorf("fragments of version %d are there: %v", n+1, found)
			}
		}
	})
}

// A fragment that comes late is told to READs that have heard of the version without, and not to one that asked since then, which has
// enough from others.
func TestLateFragmentIsTold(t *testing.T) {
	c, _, fragments, check := cluster(t, Protocol{Fingerprints: true}, "value")
	r := &recorder{server: c.Servers[0].(*server)}
	c.Servers[0] = r
	ts := protocols.Timestamp{Num: 1, PID: 1}
	ask(t, c, &Read{Listener: []byte("asks before it..")})
	for from := 1; from < 4; from++ {
		c.Send(from, 0, "k", protocols.Message{Body: &Vote{TS: ts, Check: check, Ready: true}})
		c.Deliver(func(e prototest.Envelope) bool { return e.Peer && e.Server == 0 })
	}
	ask(t, c, &Read{Listener: []byte("asks after it...")})
	r.later = nil
	if _, err := c.Request(protocols.Writer, "k", 0, protocols.Message{Body: &Disperse{TS: ts, Check: check}, Payload: fragments[0]}); err != nil {
		t.Fatal(err)
	}
	if len(r.later) != 1 || len(r.later[0].Payload) == 0 {
		t.Errorf("%d letters, want one with the fragment", len(r.later))
	}
}

// ask has a reader ask the first server.
func ask(t *testing.T, c *prototest.Cluster, body protocols.Body) {
	t.Helper()
	if _, err := c.Request(protocols.Reader, "k", 0, protocols.Message{Body: body}); err != nil {
		t.Fatal(err)
	}
}

// Servers refuse votes that no correct server sends.
func TestVotesRefused(t *testing.T) {
	both(t, func(t *testing.T, p Protocol) {
		c, _, fragments, check := cluster(t, p, "value")
		short, ts := check, protocols.Timestamp{Num: 1, PID: 1}
		short.CC.Hashes = check.CC.Hashes[1:]
		own, others := fragments[1], fragments[2]
		if p.Fingerprints {
			own = nil
		}
		for name, m := range map[string]protocols.Message{
			"too few hashes": {Body: &Vote{TS: ts, Check: short, Echo: true}, Payload: own},
			"no timestamp":   {Body: &Vote{Check: check, Echo: true}, Payload: own},
			"another's":      {Body: &Vote{TS: ts, Check: check, Echo: true}, Payload: others},
			"a DISPERSE":     {Body: &Disperse{TS: ts, Check: check}, Payload: fragments[0]},
		} {
			e, err := c.Servers[0].(*server).Take(protocols.Incoming{Key: "k", Message: m, Server: 1}, &prototest.Peek{Cluster: c, Server: 0, Key: "k"})
			if err == nil || len(e.Records) > 0 {
				t.Errorf("%s: error %v, %d records", name, err, len(e.Records))
			}
		}
	})
}

// A vote on a record that cannot be read is an error, and changes nothing.
func TestVotesOnBadSectors(t *testing.T) {
	both(t, func(t *testing.T, p Protocol) {
		c, _, fragments, check := cluster(t, p, "value")
		if p.Fingerprints {
			fragments[0] = nil
		}
		vote := &Vote{TS: protocols.Timestamp{Num: 2, PID: 1}, Check: check, Ready: true}
		c.CheckBadSectors("k", 0, prototest.From(0, vote, fragments[0])) // of a key that has no records
		c.Finish(c.Client(1, protocols.Writer).Write("k", []byte("first")))
		c.Run()
		c.CheckBadSectors("k", 0, prototest.From(0, vote, fragments[0]))
	})
}
