package transport

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// tune makes a TCP connection send small segments at once, and end if its peer is gone, whether we wait for it to speak
// or to listen. Other connections are left as they are.
func tune(conn net.Conn) error {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return nil
	}
	alive := net.KeepAliveConfig{Enable: true, Idle: peerTimeout / 3, Interval: peerTimeout / 3, Count: 2}
	return errors.Join(tcp.SetNoDelay(true), tcp.SetKeepAliveConfig(alive), control(tcp, func(fd int) error {
		err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(peerTimeout/time.Millisecond))
		return os.NewSyscallError("set TCP_USER_TIMEOUT", err)
	}))
}

// setCongestion sets a socket's TCP congestion control; a listener's is inherited by the connections it accepts. The
// empty name keeps the system's.
func setCongestion(socket any, name string) error {
	conn, ok := socket.(syscall.Conn)
	if name == "" || !ok {
		return nil
	}
	err := control(conn, func(fd int) error {
		return unix.SetsockoptString(fd, unix.IPPROTO_TCP, unix.TCP_CONGESTION, name)
	})
	if err != nil {
		return fmt.Errorf("TCP congestion control %q: %w; this host allows: %s", name, err, allowedCongestion())
	}
	return nil
}

func control(conn syscall.Conn, set func(fd int) error) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) { failed = set(int(fd)) })
	return errors.Join(err, failed)
}

func allowedCongestion() string {
	names, err := os.ReadFile("/proc/sys/net/ipv4/tcp_allowed_congestion_control")
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(names))
}

// enough is the number of bytes of a payload that a reader waits for at most.
const enough = 64 << 10

// patient reads from a TCP connection. The kernel wakes it when enough has come, not for every packet (SO_RCVLOWAT). A
// fragment of 64 KiB comes as 46 packets; with many processes and slow links, waking up for each costs more than
// everything else that a server does.
type patient struct {
	conn net.Conn
	raw  syscall.RawConn // nil of a connection that is none of TCP: it is read as it is
	mark int             // bytes for which the kernel wakes the reader
}

func newPatient(conn net.Conn) *patient {
	p := &patient{conn: conn, mark: 1}
	if tcp, ok := conn.(*net.TCPConn); ok {
		p.raw, _ = tcp.SyscallConn() // of a closed one there is none, and reading fails
	}
	return p
}

// Read reads what is there already; if there is nothing, it waits for all of b or for enough. If b is no larger than the
// buffer in front of this reader, it waits for anything, because it is unknown how much will come.
func (p *patient) Read(b []byte) (int, error) {
	if len(b) > readBufferBytes {
		return p.read(b, min(len(b), enough))
	}
	return p.read(b, 1)
}

// read reads what is there already, or waits for so many bytes, which must be sure to come.
func (p *patient) read(b []byte, mark int) (int, error) {
	if mark != p.mark && p.raw != nil {
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

// moved is how many bytes the kernel has received of the connection and knows to have arrived at the other end; 0 of any
// that it does not tell of.
func moved(conn net.Conn) (bytes uint64) {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return 0
	}
	_ = control(tcp, func(fd int) error { // of a connection that is closed nothing moves
		info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
		if err == nil {
			bytes = info.Bytes_acked + info.Bytes_received
		}
		return err
	})
	return bytes
}
