package transport

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"github.com/powbench/powbench/transport/identity"
)

// sealTo has TLS carry the connection to that server, if this end has an identity.
func (g *greeter) sealTo(server int) error {
	if g.identity == nil {
		return nil
	}
	err := g.stream.seal(func(c net.Conn) *tls.Conn {
		return tls.Client(c, g.identity.Calling(identity.Name{Role: identity.Server, Number: server + 1}))
	})
	if inClear(err) {
		return fmt.Errorf("%w: server %d speaks in the clear (auth: none): start it with auth: tls", errRefused, server+1)
	}
	return err
}

// sealFrom has TLS carry the connection that a client has made, if this end has an identity.
func (g *greeter) sealFrom() error {
	if g.identity == nil {
		return nil
	}
	err := g.stream.seal(func(c net.Conn) *tls.Conn { return tls.Server(c, g.identity.Answering()) })
	switch {
	case inClear(err):
		return g.refuseInClear()
	case err == nil || isAny(err, io.EOF, os.ErrDeadlineExceeded, net.ErrClosed, syscall.ECONNRESET, syscall.EPIPE):
		return err // it has gone
	}
	return fmt.Errorf("%w: %w", errRefused, err)
}

// inClear tells by the error of TLS whether the other end has begun with our preamble, and does not speak TLS.
func inClear(err error) bool {
	other, ok := errors.AsType[tls.RecordHeaderError](err)
	return ok && bytes.HasPrefix(preamble, other.RecordHeader[:])
}

// refuseInClear tells a client without TLS, whose preamble has come, that it needs it.
func (g *greeter) refuseInClear() error {
	var h hello
	if err := errors.Join(g.write(preamble), g.receive(&h)); err != nil {
		return err
	}
	return g.refuse("this server speaks TLS (auth: tls): give the client a certificate, which `powbench certs` makes")
}

// unproven says why the client's certificate does not let it be what its hello says; "" if it does, or nobody has any.
func (g *greeter) unproven(h hello) string {
	if g.identity == nil {
		return ""
	}
	name, err := g.identity.Check(g.stream.shown(), x509.ExtKeyUsageClientAuth)
	if err != nil {
		return err.Error()
	}
	may := string(name.Role)
	if h.Role == peer {
		may = name.String()
	}
	if may != h.who() {
		return fmt.Sprintf("the certificate of %s does not let it speak as %s: it needs another, which `powbench certs` makes", name, h.who())
	}
	return ""
}
