package client_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/powbench/powbench/harness/client"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/catalog"
	"github.com/powbench/powbench/protocols/mabd"
	"github.com/powbench/powbench/protocols/mpowerstore/variants"
)

func TestReadAndWrite(t *testing.T) {
	rounds := map[string]struct{ read, write int }{
		"powerstore": {2, 2}, "mpowerstore": {2, 3}, "mabd": {2, 2}, "phalanx": {2, 2}, "cas": {2, 3},
		"powerstore+polynomial": {2, 2}, "mpowerstore+polynomial": {2, 3}, "mpowerstore+signed": {2, 3},
	}
	for _, p := range slices.Concat(catalog.All(), catalog.Variants()) {
		t.Run(protocols.NameOf(p), func(t *testing.T) {
			c := newCluster(t, p)
			w := c.client(c.links(protocols.Writer), protocols.Writer, 1)
			r := c.client(c.links(protocols.Reader), protocols.Reader, 2)
			want, exact := rounds[protocols.NameOf(p)]
			if got, _ := c.read(r, "k"); got != "⊥" {
				t.Errorf("READ before any WRITE: %q", got)
			}
			for _, value := range []string{"first", "", strings.Repeat("large", 50_000)} {
				if n := c.write(w, value); exact && n != want.write {
					t.Errorf("WRITE took %d rounds, want %d", n, want.write)
				}
				for _, reader := range []*client.Client{r, w} { // a writer may also read
					if got, n := c.read(reader, "k"); got != value || exact && n != want.read {
						t.Errorf("READ: %.20q in %d rounds, want %.20q in %d", got, n, value, want.read)
					}
				}
			}
			if got, _ := c.read(r, "other"); got != "⊥" {
				t.Errorf("READ of another key: %q", got)
			}
		})
	}
}

// An operation that is given up is pending, says in which round it was, and leaves the client fit for the next one,
// whose result the replies to the first, when they come at last, do not change.
func TestGivenUp(t *testing.T) {
	c := newCluster(t, mabd.Protocol{})
	links := c.links(protocols.Writer)
	w := c.client(links, protocols.Writer, 1)
	c.write(w, "before")

	c.hold(c.all()...)
	ctx, cancel := context.WithCancel(c.soon())
	go func() {
		c.waitHeld(len(c.addrs))
		cancel()
	}()
	_, err := w.Write("k", 3, func(to []byte) { copy(to, "new") }).Run(ctx)
	pending := errors.Is(err, client.ErrPending) && errors.Is(err, context.Canceled)
	if !pending || !strings.Contains(err.Error(), "in round 1") {
		t.Errorf("a WRITE without replies: %v", err)
	}

	go func() {
		c.waitHeld(2 * len(c.addrs)) // the replies to the WRITE and to the READ below
		c.release()
	}()
	if got, _ := c.read(w, "k"); got != "before" {
		t.Errorf("READ after a WRITE that ended in round 1: %q", got)
	}
	c.write(w, "after")
	if got, _ := c.read(w, "k"); got != "after" {
		t.Errorf("READ after the next WRITE: %q", got)
	}
	if err := links.Quiesce(c.soon()); err != nil {
		t.Error(err)
	}
}

// An operation that found no quorum names the servers that did not answer, with their addresses, and no others.
func TestNoQuorumNamesTheSilent(t *testing.T) {
	c := newCluster(t, mabd.Protocol{})
	r := c.client(c.links(protocols.Reader), protocols.Reader, 1)
	c.hold(1, 2)
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_, err := r.Read("k").Run(ctx)
	if !errors.Is(err, client.ErrPending) {
		t.Fatalf("READ without a quorum: %v", err)
	}
	want := fmt.Sprintf("; no answer of server 2 (%s); no answer of server 3 (%s)", c.addrs[1], c.addrs[2])
	if !strings.HasSuffix(err.Error(), want) {
		t.Errorf("%v, want %q in the end", err, want)
	}
}

// A context that has ended already gives the operation up before it has an answer.
func TestNoTime(t *testing.T) {
	c := newCluster(t, mabd.Protocol{})
	w := c.client(c.links(protocols.Writer), protocols.Writer, 1)
	c.hold(c.all()...)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := w.Read("k").Run(ctx); !errors.Is(err, client.ErrPending) || !errors.Is(err, context.Canceled) {
		t.Errorf("READ without time: %v", err)
	}
}

// One server of t = 1 answers everything late: each operation ends without it, and all its replies, which come while
// later operations on the same key run, change nothing. Of the variants those are left out that ask few servers first:
// each of their operations would wait for the slow one until it is overdue.
func TestLateReplies(t *testing.T) {
	variants := []protocols.Protocol{variants.Replicated(), variants.Bounded(1)}
	for _, p := range slices.Concat(catalog.All(), variants) {
		t.Run(protocols.NameOf(p), func(t *testing.T) {
			c := newCluster(t, p)
			links := c.links(protocols.Writer)
			w := c.client(links, protocols.Writer, 1)
			for slow := range c.addrs {
				c.hold(slow)
				for i := range 5 {
					value := fmt.Sprintf("%d.%d", slow, i)
					c.write(w, value)
					if got, _ := c.read(w, "k"); got != value {
						t.Fatalf("server %d is slow: READ %q, want %q", slow+1, got, value)
					}
				}
				c.release()
				for i := range 5 {
					value := fmt.Sprintf("%d.%d late", slow, i)
					c.write(w, value)
					if got, _ := c.read(w, "k"); got != value {
						t.Fatalf("late replies of server %d: READ %q, want %q", slow+1, got, value)
					}
				}
			}
			if err := links.Quiesce(c.soon()); err != nil {
				t.Error(err)
			}
			if traffic := links.Traffic(); traffic.Rejected > 0 || traffic.Discarded > 0 {
				t.Errorf("traffic %+v: a late reply is no fault of the server's", traffic)
			}
		})
	}
}

// Clients of one process share its links. Their operations, also those on the same key, do not get in each other's way.
func TestClientsShareLinks(t *testing.T) {
	for _, p := range slices.Concat(catalog.All(), catalog.Variants()) {
		t.Run(protocols.NameOf(p), func(t *testing.T) {
			c := newCluster(t, p)
			links := c.links(protocols.Writer)
			var wg sync.WaitGroup
			for pid := range uint64(6) {
				wg.Go(func() {
					w := c.client(links, protocols.Writer, pid+1)
					own := protocols.Key(fmt.Sprintf("of %d", pid))
					for i := range 20 {
						shared, value := protocols.Key(fmt.Sprint("shared ", i%2)), fmt.Sprintf("%d of %d", i, pid)
						if _, err := w.Write(shared, 1, func([]byte) {}).Run(c.soon()); err != nil {
							t.Errorf("write %q: %v", shared, err)
						}
						outcome, err := w.Write(own, len(value), func(to []byte) { copy(to, value) }).Run(c.soon())
						if err != nil {
							t.Errorf("write %q: %v", own, err)
							return
						}
						outcome.Release()
						if outcome, err = w.Read(own).Run(c.soon()); err != nil || string(outcome.Value) != value {
							t.Errorf("read %q: %+v, %v, want %q", own, outcome, err, value)
							return
						}
						outcome.Release()
					}
				})
			}
			wg.Wait()
		})
	}
}

// An operation that cannot begin says why at once. It has sent nothing, so it is not pending.
func TestCannotBegin(t *testing.T) {
	long := protocols.Key(strings.Repeat("k", protocols.MaxKeyBytes+1))
	fill := func([]byte) {}
	for _, p := range slices.Concat(catalog.All(), catalog.Variants()) {
		c := newCluster(t, p)
		links := c.links(protocols.Writer)
		w, r := c.client(links, protocols.Writer, 1), c.client(links, protocols.Reader, 2)
		quiet := links.Traffic()
		for name, call := range map[string]client.Call{
			"READ of a long key":     w.Read(long),
			"WRITE to a long key":    w.Write(long, 1, fill),
			"WRITE of a large value": w.Write("k", protocols.MaxValueBytes+1, fill),
			"a reader's WRITE":       r.Write("k", 1, fill),
		} {
			outcome, err := call.Run(c.soon())
			if err == nil || errors.Is(err, client.ErrPending) {
				t.Fatalf("%s: %s: %+v, %v", protocols.NameOf(p), name, outcome, err)
			}
		}
		if links.Traffic() != quiet {
			t.Errorf("%s: something was sent: %+v, before %+v", protocols.NameOf(p), links.Traffic(), quiet)
		}
	}
}

// The links are closed under an operation that is about to begin: it fails with a clear error.
func TestClosedLinks(t *testing.T) {
	c := newCluster(t, mabd.Protocol{})
	links := c.links(protocols.Writer)
	w := c.client(links, protocols.Writer, 1)
	if err := links.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Read("k").Run(c.soon()); err == nil || !strings.Contains(err.Error(), "ended") {
		t.Errorf("READ over closed links: %v", err)
	}
}
