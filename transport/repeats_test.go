package transport

import (
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// What the kernel sends again is counted, also when the connection has ended. The receiving socket drops what comes, so that
// the sender's kernel has to.
func TestRepeats(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	near, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	far, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	if err := control(far.(*net.TCPConn), dropAll); err != nil {
		t.Skipf("this kernel lets no filter drop packets: %v", err)
	}
	var r repeats
	r.join(near)
	if n := r.bytes(); n != 0 {
		t.Errorf("%d bytes before any were sent", n)
	}
	const length = 1000
	if _, err := near.Write(make([]byte, length)); err != nil {
		t.Fatal(err)
	}
	for r.bytes() < length && t.Context().Err() == nil {
		time.Sleep(10 * time.Millisecond)
	}
	open := r.bytes()
	if open%length != 0 {
		t.Errorf("%d bytes of a segment of %d", open, length)
	}
	r.hangUp(near)
	r.hangUp(near) // as both ends of a link do
	if ended := r.bytes(); ended < open || len(r.open) != 0 {
		t.Errorf("%d bytes when the connection has ended, %d before", ended, open)
	}
	client, server := net.Pipe()
	defer server.Close()
	before := r.bytes()
	r.join(client)
	if r.bytes() != before {
		t.Error("a connection that is not TCP has sent something again")
	}
	r.hangUp(client)
}

// dropAll has the socket drop every packet.
func dropAll(fd int) error {
	drop := unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K}
	return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: 1, Filter: &drop})
}
