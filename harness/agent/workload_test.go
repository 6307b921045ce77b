package agent

import (
	"io"
	"math"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/mabd"
	"github.com/powbench/powbench/protocols/powerstore"
	"github.com/powbench/powbench/workloads"
)

// Of M-ABD's three servers one is slow. A quorum does without it, but the clients wait for it now and then; so they do
// not get ahead of it by more than they may.
func TestClientsWaitForASlowServer(t *testing.T) {
	b := newBench(t, mabd.Protocol{}, 1, func(addrs []string) { addrs[2] = slowly(t, addrs[2]) })
	r := b.load(protocols.Write, clients, func(s *Spec) { s.EndNs += int64(200 * time.Millisecond) })
	if wait := time.Duration(r.WaitNs); wait < time.Millisecond { // between two looks at the clock alone
		t.Errorf("no client waited: %v", wait)
	}
	b.wantCost(protocols.Write, 1, r.Ops(), r.Bytes)
	b.readBack()
	b.wantLinearizable()
}

// slowly forwards connections to the address at no more than 4 MB/s each.
func slowly(t *testing.T, addr string) string {
	t.Helper()
	front, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = front.Close() })
	go func() {
		for {
			near, err := front.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", addr)
			if err != nil {
				t.Error(err)
				return
			}
			forward := func(to, from net.Conn) {
				defer to.Close()
				for {
					if _, err := io.CopyN(to, from, 8<<10); err != nil {
						return
					}
					time.Sleep(2 * time.Millisecond)
				}
			}
			go forward(far, near)
			go func() { _, _ = io.Copy(near, far); _ = near.Close() }()
		}
	}()
	return front.Addr().String()
}

// In the hot-key model every client uses the shared key and its own, and meets others as often as was asked for.
func TestHotKeys(t *testing.T) {
	const p = 0.2
	b := newBench(t, mabd.Protocol{}, 1)
	b.load(protocols.Write, clients, func(s *Spec) {
		s.KeyModel, s.Concurrency, s.Keys = result.Hot, p, 0
		s.EndNs += int64(200 * time.Millisecond)
	})
	entries := b.wantLinearizable()
	for _, e := range entries {
		if e.Key != workloads.KeyName(0) && e.Key != workloads.KeyName(int(e.Client)) {
			t.Fatalf("client %d used %q", e.Client, e.Key)
		}
	}
	// An operation meets up to two of each other client while it lasts.
	if got := history.Concurrency(slices.Values([][]history.Entry{entries}), 0, history.Forever); got < p/2 || got > 3*p {
		t.Errorf("%.2f of %d operations met another on their key, want about %.2f to %.2f", got, len(entries), p, 2*p)
	}
}

// A writer beside READs writes, within its share, to what they read. It is in the history and in no other number.
func TestBackground(t *testing.T) {
	const share = 0.2
	each(t, func(t *testing.T, p protocols.Protocol) {
		b := newBench(t, p, 1)
		b.preload()
		beside := func(s *Spec) { s.BackgroundShare = share }
		var ops, background int64
		for loads := 0; loads < 2; { // the second must not report the first's again
			r := b.load(protocols.Read, clients, beside)
			if ops += r.Ops(); r.Background.Ops == 0 && r.Background.Bytes.ClientToServer < 10_000 && !t.Failed() {
				continue // a slow machine: nothing but handshakes
			}
			loads++
			b.wantRounds(protocols.Read, 1, r)
			b.wantCost(protocols.Read, 1, r.Ops(), r.Bytes)
			w := r.Background
			b.wantCost(protocols.Write, 1, w.Ops, w.Bytes)
			all, own := float64(total(r.Bytes)), float64(total(w.Bytes))
			if got := own / (all + own); got > 1.5*share { // one agent took itself for typical
				t.Errorf("the writer took %.2f of the bytes, allowed are %.2f", got, share)
			}
			background += w.Ops
		}
		written := int64(0)
		entries := b.wantLinearizable()
		for _, e := range entries {
			if e.Client == clients+1 && e.Op == protocols.Write {
				written++
			}
		}
		if written != background || int64(len(entries)) != keys+ops+background {
			t.Errorf("%d WRITEs in the background, reported %d; %d operations of %d preloads and %d READs",
				written, background, len(entries), keys, ops)
		}
	})
}

func total(t result.Traffic) int64 { return t.ClientToServer + t.ServerToClient }

// The writer counts on the other agents' clients to move as much as its own agent's, and never exceeds its share.
func TestBackgroundShare(t *testing.T) {
	a := &Agent{is: mabd.Protocol{}.Traits(1), cfg: Config{T: 1, Agents: 3, ValueBytes: 1000}}
	const write = 3000 // bytes that a WRITE to three servers moves
	for _, c := range []struct {
		clients    int
		moved, own int64
		want       bool
	}{
		{3, 0, 0, false},
		{3, 99 * write / 3, 0, true}, // the first of a hundred
		{3, 99*write/3 - 1, 0, false},
		{3, 99 * write / 3, write, false},
		{3, 2 * 99 * write / 3, write, true},
		{1, 99 * write, 0, true}, // the other agents have no client
		{1, 99*write - 1, 0, false},
		{4, 99 * write / 2, 0, true}, // this one has two of four
		{4, 99*write/2 - 1, 0, false},
	} {
		got := a.mayWrite(Spec{Load: result.Load{Clients: c.clients}, BackgroundShare: 0.01}, c.moved, c.own)
		if got != c.want {
			t.Errorf("%d clients, %d bytes moved, own %d: %v", c.clients, c.moved, c.own, got)
		}
	}
}

// By Zipf's law every client uses popular keys most, the same ones; the history stays linearizable.
func TestZipfKeys(t *testing.T) {
	each(t, func(t *testing.T, p protocols.Protocol) {
		b := newBench(t, p, 1)
		b.preload()
		before := len(b.history())
		b.load(protocols.Write, clients, func(s *Spec) { s.KeyModel, s.Skew = result.Zipf, 2 })
		b.load(protocols.Read, clients, func(s *Spec) { s.KeyModel, s.Skew = result.Zipf, 2 })
		b.readBack()
		operations := map[protocols.Key]int{}
		for _, e := range b.wantLinearizable()[before:] {
			operations[e.Key]++
		}
		first, last := operations[workloads.KeyName(0)], operations[workloads.KeyName(keys-1)]
		if p.Traits(1).Writers == protocols.Many && first <= last {
			t.Errorf("%d operations on the most popular key, %d on the least", first, last)
		}
	})
}

// Every WRITE draws the size of its value, by its name, and READs return it whole.
func TestDrawnSizes(t *testing.T) {
	d := result.Sizes{Distribution: result.Weighted, Weights: "50% 1kB, 50% 100kB"}
	b := newServers(t, mabd.Protocol{}, 1, "", 0)
	b.agents = []*Agent{b.start(func(c *Config) { c.Sizes, c.ValueBytes = d, int(d.Mean()) })}
	b.preload()
	before := len(b.history())
	r := b.load(protocols.Write, clients)
	b.readBack()
	sizes, moved, seen := workloads.NewSizes(seed, d), int64(0), map[int]bool{}
	for _, e := range b.wantLinearizable()[before:] {
		if e.Op == protocols.Write {
			n := sizes.Of(e.Value)
			moved, seen[n] = moved+3*int64(n), true // to each of three servers
		}
	}
	if got, most := r.Bytes.ClientToServer, moved+6*400*r.Ops(); len(seen) != 2 || got < moved || got > most {
		t.Errorf("%d bytes to servers, want %d to %d; sizes %v", got, moved, most, seen)
	}
}

// Where a key has one writer, the clients of a mix READ any key and WRITE their own; both kinds are counted apart.
func TestMixOfSingleWriters(t *testing.T) {
	b := newBench(t, powerstore.Protocol{}, 1)
	b.preload()
	r := b.load(protocols.Read, clients, func(s *Spec) { s.WriteShare = 0.5 })
	writers := map[protocols.Key]uint64{}
	for _, e := range b.wantLinearizable() {
		if e.Op != protocols.Write {
			continue
		}
		if writer, written := writers[e.Key]; written && writer != e.Client {
			t.Fatalf("clients %d and %d wrote %q", writer, e.Client, e.Key)
		}
		writers[e.Key] = e.Client
	}
	for name, k := range map[string]Kind{"READs": r.Read, "WRITEs": r.Write} {
		if k.Ops == 0 || !(k.Work > 0) || k.Latency.Count() > k.Ops || len(k.Rounds) == 0 {
			t.Errorf("%s: %+v", name, k)
		}
	}
	if got, want := r.Work(), float64(r.Latency().Count()); math.Abs(got-want) > 2*clients {
		t.Errorf("%v operations fell into the window, %v ended in it", got, want)
	}
}
