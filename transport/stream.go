package transport

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
)

// A stream is the bytes of a connection in both directions: those of TCP or, once it is sealed, those that TLS carries over it.
// Its meter counts what TCP carries.
type stream struct {
	conn  net.Conn // of TCP
	meter *meter
	in    io.Reader // of conn, counted
	tls   *tls.Conn // nil unless it is sealed
	below *below    // of tls
}

func newStream(conn net.Conn, m *meter) *stream {
	return &stream{conn: conn, meter: m, in: meteredReader{newPatient(conn), m}}
}

// Read implements io.Reader.
func (s *stream) Read(p []byte) (int, error) {
	if s.tls == nil {
		return s.in.Read(p)
	}
	if len(p) > readBufferBytes { // else it is unknown how much will come, see patient
		s.below.wanted = len(p)
	}
	n, err := s.tls.Read(p)
	s.below.wanted = 0
	return n, err
}

// write sends the parts of one message or of several, which it consumes, in one system call if the kernel takes them.
func (s *stream) write(parts *net.Buffers) error {
	if s.tls != nil {
		return s.writeSealed(*parts)
	}
	n, err := parts.WriteTo(s.conn)
	s.meter.sent.add(0, int(n))
	return err
}

// writeSealed begins a record with each part, so that what a message weighs does not depend on what is sent beside it.
func (s *stream) writeSealed(parts net.Buffers) error {
	if err := s.below.gather(true); err != nil {
		return err
	}
	for _, p := range parts {
		if _, err := s.tls.Write(p); err != nil {
			return errors.Join(err, s.below.gather(false))
		}
	}
	return s.below.gather(false)
}

// seal has TLS carry all that follows, on the side that makes it of a connection.
func (s *stream) seal(side func(net.Conn) *tls.Conn) error {
	b := &below{Conn: s.conn, patient: newPatient(s.conn), meter: s.meter, stranger: true, left: maxStrangersBytes}
	conn := side(b)
	if err := conn.Handshake(); err != nil {
		return fmt.Errorf("TLS: %w", err)
	}
	b.stranger = false
	s.tls, s.below = conn, b
	return nil
}

// shown is the certificates that the other end has shown.
func (s *stream) shown() []*x509.Certificate {
	if s.tls == nil {
		return nil
	}
	return s.tls.ConnectionState().PeerCertificates
}

// maxStrangersBytes bounds what one that nobody knows yet may send within the handshake of TLS. A hello takes less than 2 KiB, a
// certificate of ours less than 1 KiB.
const maxStrangersBytes = 16 << 10

var errTooLong = fmt.Errorf("the handshake takes more than %d bytes", maxStrangersBytes)

// below is a connection of TCP as TLS uses it: it counts what passes, and sends the records of a message in one piece. One
// goroutine at a time reads.
type below struct {
	net.Conn
	patient  *patient
	meter    *meter
	records  records // that have come
	wanted   int     // bytes of frames that are read at this time, and are still to come
	stranger bool    // until the handshake is over
	left     int     // bytes that a stranger may still send

	mu        sync.Mutex // guards what follows, and writes
	gathering bool
	gathered  *[]byte // of sealRoom; nil if nothing is
}

// Read implements io.Reader.
func (b *below) Read(p []byte) (int, error) {
	if b.stranger && b.left == 0 {
		return 0, errTooLong
	} else if b.stranger {
		p = p[:min(len(p), b.left)]
	}
	n, err := b.patient.read(p, b.records.sure(b.wanted))
	b.left -= n
	b.meter.received.add(0, n)
	b.records.pass(p[:n])
	return n, err
}

// Write implements io.Writer. While records are gathered, they are kept until there are many.
func (b *below) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.gathering {
		n, err := b.Conn.Write(p)
		b.meter.sent.add(0, n)
		return n, err
	}
	if b.gathered == nil {
		b.gathered = sealRoom.Get().(*[]byte)
	}
	*b.gathered = append(*b.gathered, p...)
	if len(*b.gathered) < enough {
		return len(p), nil
	}
	return len(p), b.flush()
}

// gather begins to gather what is written, or ends it and sends what is left.
func (b *below) gather(on bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.gathering = on
	return b.flush()
}

// flush sends what is gathered. The caller holds the lock.
func (b *below) flush() error {
	if b.gathered == nil {
		return nil
	}
	n, err := b.Conn.Write(*b.gathered)
	b.meter.sent.add(0, n)
	*b.gathered = (*b.gathered)[:0]
	sealRoom.Put(b.gathered)
	b.gathered = nil
	return err
}

// sealRoom lends memory for records that wait to be sent together.
var sealRoom = sync.Pool{New: func() any { return new(make([]byte, 0, enough+maxRecordBytes)) }}
