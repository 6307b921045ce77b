// Package netem lays out a testbed on one machine. A host is a network namespace; the switch is a bridge in a namespace
// of its own. One full-duplex link, a veth pair with a shaper at each end, joins every host to the switch, and NetEm can
// delay what passes from host to host. Sockets and child processes are made inside a host and then used from anywhere.
//
// The namespaces have no name. They live as long as this process or a child in them, so nothing is left behind, not
// even after SIGKILL, and nothing ever appears in the caller's own namespace. It takes root or a user namespace
// (see Available and ReexecInUserNamespace); NewLoopback gives the same methods without either.
//
// It imports nothing of ours except netem/guest in its tests; harness and its packages may import it.
package netem

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
)

// Topology is the testbed to lay out.
type Topology struct {
	Hosts []string // names, all different
	// RateBits is the rate of each link and direction in bit/s on the wire; see Goodput. 0 leaves the links unshaped.
	RateBits int64
	// Congestion is the hosts' TCP congestion control, one of the machine's net.ipv4.tcp_allowed_congestion_control, or
	// empty for the kernel's default.
	Congestion string
	// Delay returns what NetEm does to the packets from one host to another; nil for nothing. See CanDelay.
	Delay func(from, to string) Delay
	// NoOffload makes TCP hand every 1500-byte packet to the link by itself. NetEm would otherwise draw one delay for a
	// segmentation-offload packet of up to 64 KiB.
	NoOffload bool
}

// Testbed is a topology that is up. Its methods may be called from any goroutine.
type Testbed struct {
	Mode     Mode
	Topology Topology
	Sysctls  map[string]string // the kernel settings of every host, by sysctl name

	hosts      []*Host
	switchNS   netns.NsHandle
	switchPort *netlink.Handle // configures the switch and reads its ports' queues
	close      sync.Once
	floor      atomic.Int64 // ns: the paths' own delay, the median of what MeasureDelays found
}

// New lays out t. It fails with ErrNotPermitted or ErrUnsupported when the machine cannot.
func New(ctx context.Context, t Topology) (*Testbed, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	tb := &Testbed{Mode: privilegedMode(), Topology: t, Sysctls: map[string]string{}, switchNS: netns.None()}
	if err := tb.build(ctx); err != nil {
		tb.Close()
		return nil, fmt.Errorf("netem: %w", err)
	}
	return tb, nil
}

// NewLoopback makes the testbed of a machine that allows no other: every host is 127.0.0.1, no link is shaped or
// delayed, and the congestion control is the machine's, whatever t asks for.
func NewLoopback(t Topology) *Testbed {
	t.RateBits, t.Delay, t.NoOffload = 0, nil, false
	tb := &Testbed{Mode: ModeLoopback, Topology: t, Sysctls: map[string]string{}, switchNS: netns.None()}
	for _, name := range t.Hosts {
		tb.hosts = append(tb.hosts, &Host{Name: name, addr: loopback, testbed: tb, ns: netns.None()})
	}
	tb.recordCongestion(netns.None())
	return tb
}

var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

func (t Topology) check() error {
	names := slices.Clone(t.Hosts)
	slices.Sort(names)
	switch {
	case len(names) == 0:
		return errors.New("netem: a topology needs a host")
	case len(slices.Compact(names)) < len(t.Hosts):
		return fmt.Errorf("netem: hosts %q: give each a name of its own", t.Hosts)
	case t.RateBits != 0 && t.RateBits < minRateBits:
		return fmt.Errorf("netem: rate %d bit/s: give at least %d, or 0 for unshaped links", t.RateBits, minRateBits)
	}
	return t.checkDelays()
}

func (tb *Testbed) build(ctx context.Context) error {
	if err := tb.addSwitch(); err != nil {
		return fmt.Errorf("switch: %w", err)
	}
	for i, name := range tb.Topology.Hosts {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := tb.addHost(i, name); err != nil {
			return fmt.Errorf("host %s: %w", name, err)
		}
	}
	tb.recordCongestion(tb.hosts[0].ns)
	return tb.delayHosts()
}

// Host returns the host of that name, or nil.
func (tb *Testbed) Host(name string) *Host {
	if i := slices.IndexFunc(tb.hosts, func(h *Host) bool { return h.Name == name }); i >= 0 {
		return tb.hosts[i]
	}
	return nil
}

// Close kills the processes that still run on the hosts and lets hosts and links vanish. An open socket keeps its host's
// namespace until it is closed. The hosts' methods then fail with net.ErrClosed. A second call does nothing.
func (tb *Testbed) Close() error {
	var errs []error
	tb.close.Do(func() {
		for _, h := range tb.hosts {
			errs = append(errs, h.shut())
		}
		errs = append(errs, release(tb.switchNS, tb.switchPort))
	})
	return errors.Join(errs...)
}

func release(ns netns.NsHandle, h *netlink.Handle) error {
	if h != nil {
		h.Close()
	}
	if !ns.IsOpen() {
		return nil
	}
	return ns.Close()
}
