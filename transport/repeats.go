package transport

import (
	"net"
	"sync"

	"golang.org/x/sys/unix"
)

// repeats counts the bytes that the kernel sent more than once because TCP took them for lost: of open connections and of
// those that have ended.
type repeats struct {
	mu    sync.Mutex
	open  map[net.Conn]struct{}
	ended uint64
}

// join counts the connection from now on.
func (r *repeats) join(conn net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open == nil {
		r.open = map[net.Conn]struct{}{}
	}
	r.open[conn] = struct{}{}
}

// hangUp closes the connection, and keeps its count before the kernel forgets it.
func (r *repeats) hangUp(conn net.Conn) {
	r.mu.Lock()
	if _, is := r.open[conn]; is {
		delete(r.open, conn)
		r.ended += repeated(conn)
	}
	r.mu.Unlock()
	conn.Close()
}

// bytes is the count so far.
func (r *repeats) bytes() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	sum := r.ended
	for conn := range r.open {
		sum += repeated(conn)
	}
	return sum
}

// repeated is the bytes of one open connection; 0 of any that the kernel does not tell of.
func repeated(conn net.Conn) (bytes uint64) {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return 0
	}
	_ = control(tcp, func(fd int) error {
		info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
		if err == nil {
			bytes = info.Bytes_retrans
		}
		return err
	})
	return bytes
}
