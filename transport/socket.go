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

// tune sets what every connection needs: no delay of small segments, and an end to connections whose peer is gone,
// whether we wait for it to speak or to listen. Connections other than TCP are left as they are.
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
