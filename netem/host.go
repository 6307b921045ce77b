package netem

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"syscall"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
)

// Host is one host of a testbed.
type Host struct {
	Name string

	testbed      *Testbed
	addr         netip.Addr
	ns           netns.NsHandle
	port         *netlink.Handle // in ns; nil on loopback
	device       netlink.Link    // the host's end of its link
	switchDevice netlink.Link    // the switch's end
	wans         []*wan          // the NetEms behind it, one for each different delay to others

	mu        sync.Mutex            // also held while port is used, and the switch's for this host
	processes map[*Process]struct{} // those that run
	closed    bool
}

// Addr is the host's address, in 198.18.0.0/15, or 127.0.0.1 on loopback.
func (h *Host) Addr() netip.Addr { return h.addr }

// Listen listens on a TCP port of the host's address; port 0 takes a free one.
func (h *Host) Listen(ctx context.Context, port int) (l net.Listener, err error) {
	var config net.ListenConfig
	config.SetMultipathTCP(false) // Go would listen by it, with other congestion control and buffers
	err = h.inside(func() (err error) {
		l, err = config.Listen(ctx, "tcp4", net.JoinHostPort(h.addr.String(), strconv.Itoa(port)))
		return err
	})
	return l, err
}

// Dial connects from the host to addr, which is IP:port.
func (h *Host) Dial(ctx context.Context, addr string) (c net.Conn, err error) {
	target, err := netip.ParseAddrPort(addr)
	if err != nil {
		return nil, &net.AddrError{Err: "hosts have no names to resolve, give IP:port", Addr: addr}
	}
	err = h.inside(func() (err error) {
		c, err = new(net.Dialer).DialContext(ctx, "tcp4", target.String())
		return err
	})
	return c, err
}

// inside runs f on a thread of its own that is on the host.
func (h *Host) inside(f func() error) error {
	h.mu.Lock()
	closed := h.closed
	h.mu.Unlock()
	if closed {
		return h.errClosed()
	}
	return inside(h.ns, f)
}

func (h *Host) errClosed() error { return fmt.Errorf("netem: host %s: %w", h.Name, net.ErrClosed) }

// shut kills the process groups that still run, waits for their end and lets the host go.
func (h *Host) shut() error {
	h.mu.Lock()
	h.closed = true
	running := slices.Collect(maps.Keys(h.processes))
	for _, p := range running {
		_ = syscall.Kill(-p.Pid, syscall.SIGKILL) // it may just have ended
	}
	h.mu.Unlock()
	for _, p := range running {
		<-p.done
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return release(h.ns, h.port)
}
