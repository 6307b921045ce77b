package transport

import (
	"io"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestSocketsAreTuned(t *testing.T) {
	ln := listen(t, "")
	if err := setCongestion(ln, "reno"); err != nil {
		t.Fatal(err) // reno is built into every Linux
	}
	near, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	far, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	if err := tune(far); err != nil {
		t.Fatal(err)
	}
	err = control(far.(*net.TCPConn), func(fd int) error {
		for option, want := range map[int]int{
			unix.TCP_NODELAY:      1,
			unix.TCP_USER_TIMEOUT: int(peerTimeout / time.Millisecond),
		} {
			if got, err := unix.GetsockoptInt(fd, unix.IPPROTO_TCP, option); err != nil || got != want {
				t.Errorf("option %d is %d, not %d (%v)", option, got, want, err)
			}
		}
		name, err := unix.GetsockoptString(fd, unix.IPPROTO_TCP, unix.TCP_CONGESTION)
		if name != "reno" {
			t.Errorf("an accepted connection does not inherit its listener's congestion control: %q", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// socketPair is both ends of a TCP connection.
func socketPair(t *testing.T) (near, far *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	b, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(); b.Close() })
	return a.(*net.TCPConn), b.(*net.TCPConn)
}

// A payload is waited for in large pieces, the end of it and what comes next in small ones; nothing gets lost.
func TestPatientReaderSetsItsMark(t *testing.T) {
	near, far := socketPair(t)
	r := newPatient(near)
	for _, c := range []struct{ read, mark int }{
		{enough * 3, enough},
		{enough + 1, enough},
		{enough - 1, enough - 1},
		{readBufferBytes + 1, readBufferBytes + 1},
		{readBufferBytes, 1},
		{1, 1},
		{enough, enough},
	} {
		go func() { _, _ = far.Write(make([]byte, c.read)) }()
		if n, err := r.Read(make([]byte, c.read)); err != nil || n == 0 {
			t.Fatalf("%d bytes, %v", n, err)
		} else if n < c.read {
			if _, err := io.CopyN(io.Discard, near, int64(c.read-n)); err != nil {
				t.Fatal(err)
			}
		}
		err := control(near, func(fd int) error {
			mark, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVLOWAT)
			if mark != c.mark {
				t.Errorf("a read of %d bytes waits for %d, want %d", c.read, mark, c.mark)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// The end of a connection wakes a reader that waits for more.
func TestPatientReaderSeesTheEnd(t *testing.T) {
	near, far := socketPair(t)
	if _, err := far.Write([]byte("part")); err != nil {
		t.Fatal(err)
	}
	far.Close()
	if got, err := io.ReadAll(io.LimitReader(newPatient(near), enough)); string(got) != "part" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}
