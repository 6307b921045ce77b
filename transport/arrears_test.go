package transport

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/powbench/powbench/protocols"
)

const requestBytes = 1000 // of payload; a request has a few more

// behind is a desk whose server got n requests of ended exchanges just after it had answered another.
func behind(n int) *desk {
	d := newDesk(ofClient)
	d.link.open(nil)
	d.begin(0)
	for range n {
		d.begin(requestBytes)
	}
	for len(d.link.queue) > 0 {
		d.write()
	}
	for _, x := range d.all[1:] {
		x.End()
	}
	d.answer(d.all[0])
	return d
}

// answer is the server's reply to the exchange's request.
func (d *desk) answer(x *Exchange) {
	r, replies := d.link.find(x.id) // a desk's requests have the exchanges' numbers
	if replies != nil {
		x.memory.release()
	}
	d.link.settle(r)
}

// answerAll replies to what is owed, one request an interval.
func (d *desk) answerAll(interval time.Duration) {
	for _, x := range d.all[1:] {
		time.Sleep(interval)
		d.answer(x)
	}
}

// catchUp is how long CatchUp waits for the desk's server to owe no more than n requests, and what it says.
func (d *desk) catchUp(n int) (caughtUp bool, took time.Duration) {
	begun := time.Now()
	caughtUp = d.links.CatchUp(context.Background(), (n+1)*requestBytes)
	return caughtUp, time.Since(begun)
}

func TestCatchUp(t *testing.T) {
	const ms = time.Millisecond
	for name, c := range map[string]struct {
		owed, allowed int
		interval      time.Duration // between replies; 0 for none
		caughtUp      bool
		took          time.Duration
	}{
		"little is owed":       {owed: 3, allowed: 3, caughtUp: true},
		"busy":                 {owed: 10, allowed: 3, interval: 20 * ms, caughtUp: true, took: 140 * ms},
		"silent":               {owed: 4, allowed: 3, took: arrearsSilence},
		"slow but not silent":  {owed: 5, allowed: 2, interval: 800 * ms, caughtUp: true, took: 2400 * ms},
		"slow beyond all hope": {owed: 20, allowed: 3, interval: 800 * ms, took: arrearsPatience},
		"slow and silent":      {owed: 10, allowed: 3, interval: 1200 * ms, took: arrearsSilence},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := behind(c.owed)
				var answering sync.WaitGroup
				if c.interval > 0 {
					answering.Go(func() { d.answerAll(c.interval) })
				}
				caughtUp, took := d.catchUp(c.allowed)
				if caughtUp != c.caughtUp || took != c.took { // it waits no longer than it must
					t.Errorf("%v after %v, want %v after %v", caughtUp, took, c.caughtUp, c.took)
				}
				answering.Wait()
			})
		})
	}
}

// A server that was given up costs nobody else's time, until it has caught up.
func TestCatchUpGivesAServerUpOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := behind(20)
		go d.answerAll(800 * time.Millisecond)
		if caughtUp, took := d.catchUp(2); caughtUp || took < arrearsPatience {
			t.Fatalf("%v after %v", caughtUp, took)
		}
		if caughtUp, took := d.catchUp(2); caughtUp || took > 0 {
			t.Errorf("the next waits for %v: %v", took, caughtUp)
		}
		time.Sleep(arrearsPatience)
		if caughtUp, took := d.catchUp(2); !caughtUp || took > 0 {
			t.Errorf("it has caught up, but CatchUp says %v after %v", caughtUp, took)
		}
		if d.link.arrears.givenUp {
			t.Error("it has caught up, but is still given up")
		}
	})
}

// A reply that takes longer than the longest silence is waited for, as parts of it come.
func TestCatchUpWaitsForAReplyInParts(t *testing.T) {
	addr := rogue(t, func(g *greeter, f *frameReader) error {
		request, _, err := readMessage(f)
		if err != nil {
			return err
		}
		reply := encoded(t, request.ID, "", protocols.Message{Body: &pong{}, Payload: make([]byte, requestBytes)})
		for part := range slices.Chunk(reply, len(reply)/4+1) {
			time.Sleep(2 * arrearsSilence / 5)
			if err := g.write(part); err != nil {
				return err
			}
		}
		return nil
	})
	links := dial(t, []string{addr})
	connected(t, links)
	x := links.Begin("key")
	send(t, x, 1, 1, "", make([]byte, requestBytes))
	x.End()
	if !links.CatchUp(t.Context(), requestBytes/2) {
		t.Errorf("a server that sent parts of its reply was given up; it owes %d bytes", links.Arrears())
	}
}

// Neither running exchanges nor a lost connection make anybody wait; the end of the context ends a wait.
func TestCatchUpWaitsForNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := behind(2)
		for range 10 {
			d.begin(requestBytes)
		}
		if caughtUp, took := d.catchUp(2); !caughtUp || took > 0 {
			t.Errorf("running exchanges: %v after %v", caughtUp, took)
		}
		d.all[len(d.all)-1].End()
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(50*time.Millisecond, cancel)
		begun := time.Now()
		if d.links.CatchUp(ctx, 2*requestBytes) || time.Since(begun) != 50*time.Millisecond {
			t.Errorf("the end of the context: after %v", time.Since(begun))
		}
		d.link.cut(d.link.connection)
		if caughtUp, took := d.catchUp(2); !caughtUp || took > 0 {
			t.Errorf("a lost connection: %v after %v", caughtUp, took)
		}
	})
}

// Over real connections: of three servers one lags, and nobody gets ahead of it by more bytes than are allowed, whether
// requests or replies are large.
func TestCatchUpBoundsTheLead(t *testing.T) {
	for name, c := range map[string]struct{ request, reply int }{
		"requests": {requestBytes, 0}, "replies": {0, requestBytes}, "both": {requestBytes, requestBytes},
	} {
		t.Run(name, func(t *testing.T) {
			gate := make(chan struct{}, 1)
			open := sync.OnceFunc(func() { close(gate) })
			answer := func(protocols.Incoming, protocols.Memory) (protocols.Message, error) {
				return protocols.Message{Body: &pong{}, Payload: make([]byte, c.reply)}, nil
			}
			slow := func(in protocols.Incoming, mem protocols.Memory) (protocols.Message, error) {
				<-gate
				return answer(in, mem)
			}
			links := dial(t, cluster(t, answer, answer, slow))
			t.Cleanup(open) // before the servers end, which wait for their handlers
			connected(t, links)
			const ops, lead = 30, 3
			done := 0
			for range ops {
				links.CatchUp(t.Context(), lead*(c.request+c.reply+100))
				if owed := links.links[2].unanswered(); owed > lead {
					t.Fatalf("server 3 owes %d replies, allowed are %d", owed, lead)
				}
				x := links.Begin("key")
				send(t, x, 1, 3, fmt.Sprint(done), x.Memory().Bytes(c.request))
				receive(t, x, 2)
				x.End()
				if done++; done > lead {
					gate <- struct{}{}
				}
			}
			open()
			quiet(t, links)
		})
	}
}

// unanswered counts the requests of ended exchanges. One that was answered while it was written is not among them.
func (o *outbox) unanswered() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.ended
}
