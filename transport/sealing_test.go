package transport

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/transport/identity"
)

// certs makes identities of one authority.
type certs struct {
	t         testing.TB
	authority *identity.Authority
	talk      bool // servers to each other
}

func newCerts(t testing.TB) certs {
	t.Helper()
	a, err := identity.NewAuthority(time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return certs{t: t, authority: a}
}

// of is the identity of a name such as "server-1", for so long.
func (c certs) of(file string, life time.Duration) *identity.Identity {
	c.t.Helper()
	name, err := identity.ParseName(file)
	if err != nil {
		c.t.Fatal(err)
	}
	credentials, err := c.authority.Issue(name, life)
	if err != nil {
		c.t.Fatal(err)
	}
	id, err := identity.Open(credentials)
	if err != nil {
		c.t.Fatal(err)
	}
	return id
}

// servers starts a sealed server for each handler, which all log to the book, and returns their addresses.
func (c certs) servers(log *logBook, handlers ...Handler) (addrs []string, servers []*Server) {
	c.t.Helper()
	for i, h := range handlers {
		ln := listen(c.t, "")
		addrs = append(addrs, ln.Addr().String())
		cfg := ServerConfig{Server: i, Log: log.logger(), Identity: c.of(fmt.Sprintf("server-%d", i+1), time.Hour)}
		if c.talk {
			cfg.Pairs = pairKeys(i, len(handlers))
		}
		s, _ := serve(c.t, ln, cfg, h)
		servers = append(servers, s)
	}
	return addrs, servers
}

// as has a client be somebody.
func as(id *identity.Identity) func(*ClientConfig) {
	return func(c *ClientConfig) { c.Identity = id }
}

// What passes TCP is what the counters say, at both ends and by the kernel, and what the model says beforehand.
func TestSealedTrafficIsCountedToTheByte(t *testing.T) {
	c := newCerts(t)
	for _, size := range []int{0, 1, 1000, recordRoom - 1, recordRoom, recordRoom + 1, 5*recordRoom + 77, 1 << 20} {
		addrs, servers := c.servers(&logBook{}, echo(0))
		links := dial(t, addrs, as(c.of("writer-1", time.Hour)))
		connected(t, links)
		before := links.Traffic()
		x := links.Begin("key")
		m := protocols.Message{Body: &ping{Text: "hi"}, Payload: fill(x.Memory().Bytes(size), 7)}
		if err := x.Send(1, protocols.ToAll(1, m)); err != nil {
			t.Fatal(err)
		}
		r := receive(t, x, 1)[0].Message
		if !bytes.Equal(r.Payload, m.Payload) {
			t.Errorf("%d bytes: the payload changed", size)
		}
		request, err := RequestBytes(true, 1, 1, "key", m)
		if err != nil {
			t.Fatal(err)
		}
		reply, err := ReplyBytes(true, 1, 1, r)
		if err != nil {
			t.Fatal(err)
		}
		if sent, got := x.Sent().Bytes, x.Received().Bytes; sent != uint64(request) || got != uint64(reply) {
			t.Errorf("%d bytes: the exchange sent %d and received %d, the model says %d and %d", size, sent, got, request, reply)
		}
		x.End()
		quiet(t, links)
		after := links.Traffic()
		if sent, got := after.Sent.Bytes-before.Sent.Bytes, after.Received.Bytes-before.Received.Bytes; sent != uint64(request) || got != uint64(reply) {
			t.Errorf("%d bytes: %d were sent and %d received, the model says %d and %d", size, sent, got, request, reply)
		}
		conn := links.links[0].conn
		eventually(t, func() error {
			if s := servers[0].Traffic(); s.Received != after.Sent || s.Sent != after.Received {
				return fmt.Errorf("client %+v, server %+v", after, s)
			}
			if kernel := moved(conn); kernel-after.Sent.Bytes-after.Received.Bytes > 1 { // the SYN is acknowledged as a byte
				return fmt.Errorf("the kernel counted %d, the client %+v", kernel, after)
			}
			return nil
		})
		links.Close()
	}
}

// Many clients at once, large messages and small ones: nothing is lost or mixed up, whatever is sent together.
func TestSealedServersEcho(t *testing.T) {
	noLeaks(t)
	c := newCerts(t)
	addrs, _ := c.servers(&logBook{}, echo(0), echo(1), echo(2))
	links := dial(t, addrs, as(c.of("writer-1", time.Hour)))
	connected(t, links)
	done := make(chan struct{})
	for client := range 8 {
		go func() {
			defer func() { done <- struct{}{} }()
			for i := range 30 {
				x := links.Begin("key")
				payload := fill(x.Memory().Bytes(client*i*1500), byte('a'+client))
				send(t, x, 1, 3, "", payload)
				for _, r := range receive(t, x, 3) {
					if !bytes.Equal(r.Message.Payload, payload) {
						t.Errorf("client %d: the payload changed", client)
					}
				}
				x.End()
			}
		}()
	}
	for range 8 {
		<-done
	}
	links.Close()
}

// Who has no certificate of the role is refused, for a reason that both ends name, the server with address and role.
func TestCertificatesDecide(t *testing.T) {
	c, foreign := newCerts(t), newCerts(t)
	for name, x := range map[string]struct {
		id     *identity.Identity
		role   protocols.Role
		said   string // role that the log names
		reason string
	}{
		"a reader as a writer":  {c.of("reader-1", time.Hour), protocols.Writer, "writer", "the certificate of reader 1 does not let it speak as writer"},
		"a writer as a reader":  {c.of("writer-1", time.Hour), protocols.Reader, "reader", "the certificate of writer 1 does not let it speak as reader"},
		"a server as a writer":  {c.of("server-1", time.Hour), protocols.Writer, "writer", "the certificate of server 1 does not let it speak as writer"},
		"an expired writer":     {c.of("writer-1", -time.Minute), protocols.Writer, "writer", "the certificate of writer 1 expired at"},
		"a foreign authority's": {trusting(t, c, foreign, "writer-1"), protocols.Writer, "writer", "of an authority that is not trusted here"},
	} {
		t.Run(name, func(t *testing.T) {
			var server, client logBook
			addrs, _ := c.servers(&server, echo(0))
			links := dial(t, addrs, as(x.id), func(c *ClientConfig) { c.Role, c.Log = x.role, client.logger() })
			eventually(t, func() error { return client.contains(x.reason, 1) })
			eventually(t, func() error { return server.contains(x.reason, 1) })
			for _, part := range []string{"role=" + x.said, "from=127.0.0.1:", "server=1"} {
				if !strings.Contains(server.String(), part) {
					t.Errorf("the server does not log %s: %s", part, &server)
				}
			}
			if links.links[0].down() == nil {
				t.Error("it is connected")
			}
		})
	}
}

// trusting is an identity of another authority that accepts the servers of this one.
func trusting(t *testing.T, here, foreign certs, file string) *identity.Identity {
	t.Helper()
	name, err := identity.ParseName(file)
	if err != nil {
		t.Fatal(err)
	}
	ours, err := here.authority.Issue(name, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := foreign.authority.Issue(name, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	theirs.Authority = ours.Authority
	id, err := identity.Open(theirs)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// A client does not speak to a server that is not the one it means.
func TestServersShowCertificates(t *testing.T) {
	c := newCerts(t)
	for name, x := range map[string]struct {
		server *identity.Identity
		reason string
	}{
		"another server":      {c.of("server-2", time.Hour), "this is server 2, not server 1: check the order"},
		"a writer":            {c.of("writer-1", time.Hour), "the certificate of writer 1 does not count"},
		"expired":             {c.of("server-1", -time.Minute), "the certificate of server 1 expired at"},
		"a foreign authority": {newCerts(t).of("server-1", time.Hour), "of an authority that is not trusted here"},
		"none":                {nil, "speaks in the clear (auth: none)"},
	} {
		t.Run(name, func(t *testing.T) {
			var server, client logBook
			ln := listen(t, "")
			serve(t, ln, ServerConfig{Log: server.logger(), Identity: x.server}, echo(0))
			dial(t, []string{ln.Addr().String()}, as(c.of("writer-1", time.Hour)), func(c *ClientConfig) { c.Log = client.logger() })
			eventually(t, func() error { return client.contains(x.reason, 1) })
			eventually(t, func() error { return server.contains("closed a client's connection", 1) })
		})
	}
}

// A client without TLS, or without a certificate, learns what it lacks.
func TestNoCertificateIsRefused(t *testing.T) {
	c := newCerts(t)
	var first, second, client logBook
	addrs, _ := c.servers(&first, echo(0))
	dial(t, addrs, func(c *ClientConfig) { c.Log = client.logger() })
	eventually(t, func() error { return client.contains("this server speaks TLS (auth: tls)", 1) })
	eventually(t, func() error { return first.contains("this server speaks TLS (auth: tls)", 1) })

	addrs, _ = c.servers(&second, echo(0))
	conn, err := net.Dial("tcp", addrs[0])
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	g := newGreeter(conn, &meter{})
	if err := g.stream.seal(func(c net.Conn) *tls.Conn { return tls.Client(c, &tls.Config{InsecureSkipVerify: true}) }); err != nil {
		t.Fatal(err)
	}
	if err := g.call(hello{Protocol: testProtocol, Role: protocols.Reader}, nil); err == nil || !strings.Contains(err.Error(), "it has shown no certificate") {
		t.Errorf("the client's error is %v", err)
	}
	eventually(t, func() error { return second.contains("it has shown no certificate", 1) })
}

func TestOlderVersionsOfTLSAreRefused(t *testing.T) {
	c := newCerts(t)
	var server logBook
	addrs, _ := c.servers(&server, echo(0))
	conn, err := tls.Dial("tcp", addrs[0], &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12})
	if err == nil {
		conn.Close()
		t.Fatal("it connected")
	}
	eventually(t, func() error { return server.contains("unsupported versions", 1) })
}

// Servers prove their index to each other by certificates, though all know the keys.
func TestSealedPeers(t *testing.T) {
	c := newCerts(t)
	c.talk = true
	got := make(chan protocols.Incoming, 1)
	note := func(in protocols.Incoming, _ protocols.Memory) (protocols.Message, error) {
		got <- in
		return protocols.Message{}, nil
	}
	var server logBook
	addrs, _ := c.servers(&server, note, silent)
	honest := dialPeers(t, 1, addrs, as(c.of("server-2", time.Hour)))
	if err := honest.Post("key", protocols.Broadcast{{Body: &ping{}}, {}}); err != nil {
		t.Fatal(err)
	}
	if in := <-got; in.Server != 1 {
		t.Errorf("the message came of server %d", in.Server+1)
	}
	quiet(t, honest.Links())
	for file, reason := range map[string]string{
		"server-1": "the certificate of server 1 does not let it speak as server 2",
		"writer-1": "the certificate of writer 1 does not let it speak as server 2",
	} {
		liar := dialPeers(t, 1, addrs, as(c.of(file, time.Hour)))
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		err := liar.Links().moved.await(ctx, func() (time.Duration, error) {
			if why := liar.Links().links[0].down(); why == nil || !strings.Contains(why.Error(), reason) {
				return time.Millisecond, fmt.Errorf("the error does not say %q: %w", reason, why)
			}
			return 0, nil
		})
		cancel()
		if err != nil {
			t.Error(err)
		}
	}
}

// What a role may not send is refused, with a line that names address, role and reason.
func TestRefusedMessagesAreLogged(t *testing.T) {
	c := newCerts(t)
	var server logBook
	addrs, _ := c.servers(&server, func(in protocols.Incoming, _ protocols.Memory) (protocols.Message, error) {
		if in.Role != protocols.Writer {
			return protocols.Message{}, fmt.Errorf("%w: only writers store", protocols.ErrRefused)
		}
		return protocols.Message{Body: &pong{}}, nil
	})
	links := dial(t, addrs, asReader, as(c.of("reader-1", time.Hour)))
	connected(t, links)
	x := links.Begin("key")
	defer x.End()
	send(t, x, 1, 1, "", nil)
	eventually(t, func() error {
		for _, part := range []string{"from=127.0.0.1:", "role=reader", "only writers store"} {
			if !strings.Contains(server.String(), part) {
				return fmt.Errorf("%q is not in the log: %s", part, &server)
			}
		}
		return nil
	})
}

// A certificate that is revoked ends the connection that it began, and begins no other.
func TestRevokedConnectionsEnd(t *testing.T) {
	folder := identity.Folder(filepath.Join(t.TempDir(), "certs"))
	writer, other := identity.Name{Role: identity.Writer, Number: 1}, identity.Name{Role: identity.Writer, Number: 2}
	server := identity.Name{Role: identity.Server, Number: 1}
	if _, err := folder.Make([]identity.Name{server, writer, other}, time.Hour); err != nil {
		t.Fatal(err)
	}
	open := func(n identity.Name) *identity.Identity {
		t.Helper()
		credentials, err := folder.Credentials(n)
		if err != nil {
			t.Fatal(err)
		}
		id, err := identity.Open(credentials)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	var book, client logBook
	ln := listen(t, "")
	s, _ := serve(t, ln, ServerConfig{Log: book.logger(), Identity: open(server)}, echo(0))
	addrs := []string{ln.Addr().String()}
	links := dial(t, addrs, as(open(writer)), func(c *ClientConfig) { c.Log = client.logger() })
	connected(t, links)
	honest := dial(t, addrs, as(open(other)))
	connected(t, honest)
	eventually(t, func() error { // the server has noted who they are
		n := 0
		for _, shown := range s.conns.Range {
			if shown.(*x509.Certificate) != nil {
				n++
			}
		}
		if n != 2 {
			return fmt.Errorf("%d connections have shown a certificate", n)
		}
		return nil
	})
	s.review()
	if n := s.Connections(); n != 2 {
		t.Errorf("%d connections are left of two that are good", n)
	}
	if err := folder.Revoke(writer); err != nil {
		t.Fatal(err)
	}
	s.review()
	eventually(t, func() error { return book.contains("the certificate of writer 1 is revoked", 1) })
	eventually(t, func() error {
		if why := links.links[0].down(); why == nil || !strings.Contains(why.Error(), "the certificate of writer 1 is revoked") {
			return fmt.Errorf("the client does not learn why: %w", why)
		}
		return nil
	})
	x := honest.Begin("key")
	defer x.End()
	send(t, x, 1, 1, "", nil)
	receive(t, x, 1)
}

// A stranger cannot have a server keep what it says within the handshake of TLS.
func TestHandshakesOfTLSAreBounded(t *testing.T) {
	c := newCerts(t)
	var server logBook
	addrs, _ := c.servers(&server, echo(0))
	conn, err := net.Dial("tcp", addrs[0])
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	part := append([]byte{22, 3, 1, 0x10, 0}, make([]byte, 1<<12)...) // of a hello of 60 000 bytes
	copy(part[recordHeader:], []byte{1, 0, 0xea, 0x60})
	if _, err := conn.Write(bytes.Repeat(part, 4)); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() error { return server.contains(errTooLong.Error(), 1) })
}

// No number of bytes makes a reader wait for more than is sure to come.
func TestRecordsAreWaitedFor(t *testing.T) {
	whole := func(plain int) []byte {
		r := make([]byte, recordHeader+plain+recordSeal)
		r[3], r[4] = byte((plain+recordSeal)>>8), byte(plain+recordSeal)
		return r
	}
	for _, plain := range []int{0, 1, 100, recordRoom - 1, recordRoom, recordRoom + 1, 10 * recordRoom, 1 << 20} {
		var sent []byte
		for left := plain; left > 0; left -= recordRoom {
			sent = append(sent, whole(min(left, recordRoom))...)
		}
		for _, piece := range []int{1, 3, 1448, 9000, 17000} {
			if piece < 9 && plain > 2*recordRoom {
				continue // long, and no different
			}
			var r records
			passed := 0
			for rest := sent; len(rest) > 0; {
				// TLS asks for more when it has opened all records that it has whole.
				opened := 0
				for at := 0; at+recordHeader <= passed; {
					n := recordHeader + int(sent[at+3])<<8 + int(sent[at+4])
					if at+n > passed {
						break
					}
					opened += n - recordOverhead
					at += n
				}
				wanted := plain - opened
				if wanted <= readBufferBytes {
					wanted = 0
				}
				if sure := r.sure(wanted); sure > len(rest) {
					t.Fatalf("%d bytes in pieces of %d: %d are sure to come, and %d do", plain, piece, sure, len(rest))
				}
				n := min(piece, len(rest))
				r.pass(rest[:n])
				rest, passed = rest[n:], passed+n
			}
			if r.rest != 0 || r.have != 0 {
				t.Errorf("%d bytes in pieces of %d: %d are missing in the end", plain, piece, r.rest)
			}
		}
	}
	if n := new(records).sure(1 << 20); n != enough {
		t.Errorf("of a megabyte, %d bytes are waited for at once", n)
	}
}

// What cannot be sent is told, also by a message that is gathered.
func TestSealedWritesFail(t *testing.T) {
	c := newCerts(t)
	addrs, _ := c.servers(&logBook{}, echo(0))
	conn, err := net.Dial("tcp", addrs[0])
	if err != nil {
		t.Fatal(err)
	}
	g := newGreeter(conn, &meter{})
	g.identity = c.of("writer-1", time.Hour)
	if err := g.call(hello{Protocol: testProtocol, Role: protocols.Writer}, groupKey(0)); err != nil {
		t.Fatal(err)
	}
	conn.Close()
	for _, size := range []int{1, 1 << 20} {
		if err := g.write(make([]byte, size)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("%d bytes to a closed connection: %v", size, err)
		}
	}
}
