package transport

import (
	"io"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// enough is how many bytes of a payload a reader waits for at most.
const enough = 64 << 10

// patient reads from a TCP connection and lets the kernel wake it when as much has come as it wants, not for every
// packet (SO_RCVLOWAT). A fragment of 64 KiB comes as 46 packets; where processes are many and links slow, waking up
// for each costs more than all else that a server does.
type patient struct {
	conn net.Conn
	raw  syscall.RawConn
	mark int // bytes for which the kernel wakes the reader
}

// newPatient reads as patiently as it can: connections other than TCP are left as they are.
func newPatient(conn net.Conn) io.Reader {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return conn
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return conn
	}
	return &patient{conn: conn, raw: raw, mark: 1}
}

// Read reads what is there already; if that is nothing, it waits for all of b or for enough. A b that is no larger
// than the buffer in front of this reader is filled with what comes, as nobody knows how much will.
func (p *patient) Read(b []byte) (int, error) {
	mark := 1
	if len(b) > readBufferBytes {
		mark = min(len(b), enough)
	}
	if mark != p.mark {
		err := p.raw.Control(func(fd uintptr) { // a kernel that refuses wakes the reader as often as it likes
			_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVLOWAT, mark)
		})
		if err != nil {
			return 0, err
		}
		p.mark = mark
	}
	return p.conn.Read(b)
}
