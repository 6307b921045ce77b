package transport

import (
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
