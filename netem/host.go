package netem

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"os"
	"os/exec"
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

// Addr returns the host's address, in 198.18.0.0/15, or 127.0.0.1 on loopback.
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
	if err := h.hold(); err != nil {
		return err
	}
	h.mu.Unlock()
	return inside(h.ns, f)
}

// hold keeps the host open until h.mu is unlocked; the error says that it is closed.
func (h *Host) hold() error {
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return fmt.Errorf("netem: host %s: %w", h.Name, net.ErrClosed)
	}
	return nil
}

// SetUp takes the host's link down or up again, as if its cable were pulled at the switch. What is sent while it is
// down is lost. The host keeps its address and routes, the link its shapers, and TCP its connections.
func (h *Host) SetUp(up bool) error {
	if h.port == nil {
		return fmt.Errorf("netem: host %s is on loopback, which has no links to cut: %w", h.Name, errors.ErrUnsupported)
	}
	// A closed handle would find another device of that number in this process's own namespace.
	if err := h.hold(); err != nil {
		return err
	}
	defer h.mu.Unlock()
	set := h.testbed.switchPort.LinkSetDown
	if up {
		set = h.testbed.switchPort.LinkSetUp
	}
	if err := set(h.switchDevice); err != nil {
		return fmt.Errorf("netem: set the link of host %s up (%v): %w", h.Name, up, err)
	}
	return nil
}

// SetRate shapes both directions of the host's link to bitsPerSecond on the wire; 0 is the rate of all links again. What
// waits in the shapers' queues stays there.
func (h *Host) SetRate(bitsPerSecond int64) error {
	t := h.testbed.Topology
	if bitsPerSecond != 0 {
		t.RateBits = bitsPerSecond
	}
	switch {
	case h.testbed.Topology.RateBits == 0:
		return fmt.Errorf("netem: the link of host %s is not shaped: %w", h.Name, errors.ErrUnsupported)
	case t.RateBits < minRateBits:
		return fmt.Errorf("netem: rate %d bit/s of host %s: give at least %d", bitsPerSecond, h.Name, minRateBits)
	}
	if err := h.hold(); err != nil {
		return err
	}
	defer h.mu.Unlock()
	if err := t.shape(h.port, h.device); err != nil {
		return err
	}
	return t.shape(h.testbed.switchPort, h.switchDevice)
}

// shut kills the process groups that still run, waits for their end and releases the host.
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

// Process is a child process on a host.
type Process struct {
	Pid int

	cmd  *exec.Cmd
	done chan struct{}
	err  error // valid once done is closed
}

// Start starts cmd on the host, in its own process group, which Ctrl-C does not reach. However this process ends, and by
// Testbed.Close, cmd is killed.
func (h *Host) Start(cmd *exec.Cmd) (*Process, error) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	cmd.SysProcAttr.Setpgid = true
	p := &Process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		// The thread waits for the child too: the kernel sends the death signal when the thread that started it ends.
		err := h.inside(func() error {
			if err := cmd.Start(); err != nil {
				return err
			}
			p.Pid = cmd.Process.Pid
			if err := h.track(p); err != nil {
				_ = cmd.Process.Kill() // Close came between
				_ = cmd.Wait()
				return err
			}
			started <- nil
			p.err = cmd.Wait()
			h.untrack(p)
			close(p.done)
			return nil
		})
		if err != nil {
			started <- fmt.Errorf("start %s on %s: %w", cmd.Path, h.Name, err)
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// Wait waits for the process to end and returns what exec.Cmd.Wait did.
func (p *Process) Wait() error {
	<-p.done
	return p.err
}

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Signal signals the process; os.ErrProcessDone when it has ended.
func (p *Process) Signal(s os.Signal) error { return p.cmd.Process.Signal(s) }

// track notes that p runs, unless the host was closed meanwhile.
func (h *Host) track(p *Process) error {
	if err := h.hold(); err != nil {
		return err
	}
	defer h.mu.Unlock()
	if h.processes == nil {
		h.processes = map[*Process]struct{}{}
	}
	h.processes[p] = struct{}{}
	return nil
}

func (h *Host) untrack(p *Process) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.processes, p)
}
