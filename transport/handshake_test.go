package transport

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/powbench/powbench/protocols"
)

func TestRolesReachTheHandler(t *testing.T) {
	roles := make(chan protocols.Role, 1)
	addrs := cluster(t, func(in protocols.Incoming, _ protocols.Memory) (
		protocols.Message, error,
	) {
		roles <- in.Role
		return protocols.Message{Body: &pong{}}, nil
	})
	for _, role := range []protocols.Role{protocols.Reader, protocols.Writer} {
		links := dial(t, addrs, func(c *ClientConfig) {
			c.Role = role
			if role == protocols.Reader {
				c.Keys = nil
			}
		})
		x := links.Begin("")
		send(t, x, 1, 1, "", nil)
		receive(t, x, 1)
		x.End()
		if got := <-roles; got != role {
			t.Errorf("role %d came as %d", role, got)
		}
	}
}

// Who does not fit is refused for a reason that both ends name once, however often it is tried.
func TestHandshakesAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*ClientConfig)
		reason string
	}{
		"another writer's key":      {func(c *ClientConfig) { c.Keys = [][]byte{groupKey(9)} }, "the group key is wrong"},
		"a reader as a writer":      {func(c *ClientConfig) { c.Keys = nil }, "no key for server 1"},
		"another protocol":          {func(c *ClientConfig) { c.Protocol = "mabd" }, "protocol is echo"},
		"a role there is not":       {func(c *ClientConfig) { c.Role = 7 }, "no such role"},
		"a congestion control gone": {func(c *ClientConfig) { c.Congestion = "warp" }, "this host allows"},
	} {
		t.Run(name, func(t *testing.T) {
			var book logBook
			links := dial(t, cluster(t, echo(0)), c.change, func(c *ClientConfig) { c.Log = book.logger() })
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			err := links.WaitConnected(ctx)
			if err == nil || !strings.Contains(err.Error(), c.reason) {
				t.Errorf("the error does not say %q: %v", c.reason, err)
			}
			links.Close()
			if err := book.contains(c.reason, 1); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestServersInTheWrongOrderAreNoticed(t *testing.T) {
	addrs := cluster(t, echo(0), echo(1))
	addrs[0], addrs[1] = addrs[1], addrs[0]
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	err := dial(t, addrs).WaitConnected(ctx)
	if err == nil || !strings.Contains(err.Error(), "check the order") {
		t.Error(err)
	}
}

func TestAServerWithoutAKeyTakesReadersOnly(t *testing.T) {
	self := hello{Protocol: testProtocol}
	writer := hello{Protocol: testProtocol, Role: protocols.Writer}
	if self.refuses(writer, roleKeys{}) == "" {
		t.Error("took a writer")
	}
	reader := hello{Protocol: testProtocol, Role: protocols.Reader}
	if refusal := self.refuses(reader, roleKeys{}); refusal != "" {
		t.Error(refusal)
	}
}

// A proof is worth nothing at another server, for another role or challenge.
func TestRoleTagsDiffer(t *testing.T) {
	h := hello{Protocol: testProtocol, Server: 1, Role: protocols.Writer}
	tag := func(key, nonce string, h hello) string {
		tag, err := roleTag([]byte(key), []byte(nonce), h)
		if err != nil {
			t.Fatal(err)
		}
		return string(tag)
	}
	seen := map[string]bool{tag("k", "n", h): true}
	other, server, role := h, h, h
	other.Protocol, server.Server, role.Role = "other", 2, protocols.Reader
	for _, again := range []string{
		tag("x", "n", h), tag("k", "x", h), tag("k", "n", other), tag("k", "n", server), tag("k", "n", role),
	} {
		if seen[again] {
			t.Error("two tags are the same")
		}
		seen[again] = true
	}
}

// The greeter's two sides meet over a pipe; each returns its error.
func greet(t *testing.T, client func(g *greeter) error) (atClient, atServer error) {
	t.Helper()
	c, s := net.Pipe()
	done := make(chan error, 1)
	go func() {
		defer s.Close()
		_, err := newGreeter(s, &meter{}).answer(hello{Protocol: testProtocol}, roleKeys{group: groupKey(0)})
		done <- err
	}()
	g := newGreeter(c, &meter{})
	atClient = client(g)
	c.Close()
	return atClient, <-done
}

func TestStrangersAreRefused(t *testing.T) {
	for said, why := range map[string]string{
		"GET / HTTP/1.1\r\n": "it begins with",
		"PoWBench\xff":       "version 255",
	} {
		_, err := greet(t, func(g *greeter) error {
			if err := g.write([]byte(said)); err != nil {
				return err
			}
			return g.expectPreamble()
		})
		if !errors.Is(err, errNotOurs) || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v", said, err)
		}
	}
}

// A client that connects and says nothing is closed after a while, on a clock of its own.
func TestASilentHandshakeEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		_, err := greet(t, func(g *greeter) error {
			_ = g.expectPreamble()
			_, err := g.frames.r.ReadByte() // until the server closes
			return err
		})
		if err == nil || time.Since(begun) != handshakeTimeout {
			t.Errorf("ended after %v: %v", time.Since(begun), err)
		}
	})
}
