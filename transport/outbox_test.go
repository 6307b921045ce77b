package transport

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/powbench/powbench/protocols"
)

// A desk is an outbox with the exchanges whose requests it holds and no network.
type desk struct {
	links    *Links
	link     *link
	all      []*Exchange
	writing  []*request
	answered map[uint64]bool
}

// Whose links they are.
const (
	ofClient = -1
	ofServer = 1
)

func newDesk(index int) *desk {
	l := &Links{cfg: ClientConfig{Servers: []string{"nowhere"}}, index: index}
	k := newLink(l, 0)
	l.links = []*link{k}
	return &desk{links: l, link: k, answered: map[uint64]bool{}}
}

// begin makes an exchange with one request of about the size.
func (d *desk) begin(size int) *Exchange {
	x := d.links.Begin("")
	m := protocols.Message{Body: &ping{}, Payload: x.memory.Bytes(size)}
	requests, err := x.encode(x.id, 1, protocols.Broadcast{m})
	if err != nil {
		panic(err)
	}
	x.memory.hold()
	x.requests = []*request{&requests[0]}
	d.link.add(&requests[0])
	d.all = append(d.all, x)
	return x
}

// write takes a batch as if it were written.
func (d *desk) write() []*request {
	batch := d.link.take(d.link.connection, nil)
	d.link.written(batch)
	return batch
}

func TestRequestsOfRunningExchangesAreSentAgainInOrder(t *testing.T) {
	d := newDesk(ofClient)
	first, second, third := d.begin(10), d.begin(10), d.begin(10)
	d.link.open(nil)
	if n := len(d.write()); n != 3 {
		t.Fatalf("%d of 3 requests were queued by the connection", n)
	}
	second.End()
	d.link.cut(d.link.connection)
	d.link.open(nil)
	batch := d.write()
	if len(batch) != 2 || batch[0].exchange != first || batch[1].exchange != third {
		t.Fatalf("sent again: %d requests", len(batch))
	}
}

func TestABacklogBeyondTheBoundIsDiscardedWhereExchangesHaveEnded(t *testing.T) {
	d := newDesk(ofClient)
	d.link.open(nil)
	running := d.begin(1 << 20)
	ended := 0
	for d.links.meter.discarded.Load() == 0 {
		if ended > 2*maxBacklogBytes>>20 {
			t.Fatalf("%d bytes are queued", d.link.backlog)
		}
		d.begin(1 << 20).End()
		ended++
	}
	if ended+1 < maxBacklogBytes>>20 {
		t.Errorf("discarded after %d MiB already", ended)
	}
	if d.link.requests[running.id] == nil {
		t.Error("the running exchange's request was discarded")
	}
}

func TestAServerThatNeverRepliesIsRememberedToABound(t *testing.T) {
	d := newDesk(ofClient)
	d.link.open(nil)
	for range 2 * maxEnded {
		x := d.begin(0)
		d.write()
		x.End()
	}
	if n := len(d.link.requests); n > maxEnded {
		t.Errorf("%d requests are remembered", n)
	}
}

// What a server owes another one is sent again when that is back, though the exchange has ended, unless it is too much.
func TestAServersRequestsAreKept(t *testing.T) {
	d := newDesk(ofServer)
	d.begin(10).End()
	d.link.open(nil)
	d.begin(10).End()
	if n := len(d.write()); n != 2 {
		t.Fatalf("%d of 2 requests were queued", n)
	}
	d.link.cut(d.link.connection)
	if n := d.link.owed(); n != 0 {
		t.Errorf("without a connection %d requests are owed on it", n)
	}
	d.begin(10).End()
	d.link.open(nil)
	batch := d.write()
	if len(batch) != 3 || len(batch[0].frame) == 0 || len(batch[0].payload) != 10 {
		t.Fatalf("sent again: %d requests", len(batch))
	}
	d.link.settle(batch[0])
	if n := d.link.owed(); n != 2 {
		t.Errorf("%d requests are owed, one of 3 is answered", n)
	}
	for _, connected := range []bool{true, false} {
		d := newDesk(ofServer)
		if connected {
			d.link.open(nil)
		}
		most := 0
		for d.links.meter.discarded.Load() == 0 && most <= 2*MaxKeptBytes {
			d.begin(8 << 20).End()
			most = max(most, d.link.arrears.bytes)
		}
		if most < MaxKeptBytes || most > MaxKeptBytes+9<<20 {
			t.Errorf("connected %v: %d bytes are kept, the bound is %d", connected, most, MaxKeptBytes)
		}
	}
}

func TestAReplyToARequestNotSentIsNotFound(t *testing.T) {
	d := newDesk(ofClient)
	x := d.begin(10)
	if r, _ := d.link.find(x.id); r != nil {
		t.Error("found without a connection")
	}
	d.link.open(nil)
	if r, _ := d.link.find(x.id); r != nil {
		t.Error("found while queued")
	}
	d.write()
	if r, replies := d.link.find(x.id); r == nil || replies == nil {
		t.Error("not found when sent")
	}
}

// Whatever happens in whatever order, the outbox's counts are right and memory is held exactly as long as needed.
func TestOutboxInvariants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := newDesk(rapid.SampledFrom([]int{ofClient, ofServer}).Draw(t, "whose"))
		t.Repeat(map[string]func(*rapid.T){
			"begin": func(t *rapid.T) { d.begin(rapid.SampledFrom([]int{0, 10, 12 << 20}).Draw(t, "size")) },
			"end": func(t *rapid.T) {
				if len(d.all) > 0 {
					d.all[rapid.IntRange(0, len(d.all)-1).Draw(t, "exchange")].End()
				}
			},
			"open": func(*rapid.T) {
				if !d.link.connected && len(d.writing) == 0 {
					d.link.open(nil)
				}
			},
			"cut": func(*rapid.T) { d.link.cut(d.link.connection) },
			"take": func(*rapid.T) {
				if len(d.link.queue) > 0 && len(d.writing) == 0 {
					d.writing = d.link.take(d.link.connection, nil)
				}
			},
			"written": func(*rapid.T) {
				d.link.written(d.writing)
				d.writing = nil
			},
			"answer": func(t *rapid.T) {
				if len(d.all) == 0 {
					return
				}
				id := rapid.SampledFrom(d.all).Draw(t, "exchange").id
				r, replies := d.link.find(id)
				if r == nil {
					return
				}
				if d.answered[id] {
					t.Fatalf("request %d answered twice", id)
				}
				d.answered[id] = true
				if replies != nil {
					r.exchange.memory.release()
				}
				d.link.settle(r)
			},
			"": d.check,
		})
		d.link.cut(d.link.connection)
		d.link.written(d.writing)
		d.link.close()
		for _, x := range d.all {
			x.End()
			if n := x.memory.holders.Load(); n != 0 {
				t.Fatalf("exchange %d: memory is still held %d times", x.id, n)
			}
		}
	})
}

func (d *desk) check(t *rapid.T) {
	backlog, ended, arrears := 0, 0, 0
	for _, r := range d.link.queue {
		backlog += r.size
		if r.settled || r.freed || r.state != waiting {
			t.Fatalf("queued: %+v", r)
		}
	}
	for _, r := range d.link.requests {
		if r.ended {
			ended++
			arrears += r.owed
		}
		if r.ended && !d.link.connected && !d.link.keeps {
			t.Fatalf("kept without a connection: %+v", r)
		}
	}
	for _, r := range d.writing {
		if r.freed || r.exchange.memory.holders.Load() < 1 {
			t.Fatalf("freed while it is written: %+v", r)
		}
	}
	if backlog != d.link.backlog || ended != d.link.ended || arrears != d.link.arrears.bytes {
		t.Fatalf("backlog %d, counted %d; ended %d, counted %d; of bytes %d, counted %d",
			backlog, d.link.backlog, ended, d.link.ended, arrears, d.link.arrears.bytes)
	}
}

// A reply may overtake the writer's count of its request: the link is not at rest before both have come.
func TestOwedUntilCounted(t *testing.T) {
	d := newDesk(ofClient)
	d.link.open(nil)
	x := d.begin(10)
	batch := d.link.take(d.link.connection, nil)
	d.link.settle(batch[0])
	x.End()
	if n := d.link.owed(); n != 1 {
		t.Errorf("answered while it is written: %d requests owed, want 1", n)
	}
	d.link.written(batch)
	if n := d.link.owed(); n != 0 {
		t.Errorf("answered and written: %d requests owed", n)
	}
}

// A server may answer a streamed request once more before it hears that the stream has ended: that is late, and no reply that nobody
// asked for. One more reply to any other request is.
func TestAnswersAfterAStreamHasEnded(t *testing.T) {
	d := newDesk(ofClient)
	d.link.open(nil)
	begin := func(streamed bool) *request {
		x := d.begin(10)
		r := x.requests[0]
		r.streamed = streamed
		d.write()
		x.End()
		d.link.settle(r)
		return r
	}
	first, other := begin(true), begin(false)
	if r, _ := d.link.find(first.id); r != nil || !d.link.late(first.id) {
		t.Errorf("one more reply to a stream that has ended: found %v, late %v", r, d.link.late(first.id))
	}
	if d.link.late(other.id) {
		t.Error("a second reply to a request passes for a late one")
	}
	for range maxCeased {
		begin(true)
	}
	if d.link.late(first.id) || len(d.link.ceased) != maxCeased {
		t.Errorf("%d streams are remembered, want %d, the last ones", len(d.link.ceased), maxCeased)
	}
}
