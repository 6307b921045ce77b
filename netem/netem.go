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
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
)

const (
	mtu = 1500
	// The kernel, and so the shaper, counts 1514 bytes for a full frame. On an Ethernet wire it occupies 1538: 8 of
	// preamble, 4 of check sequence and 12 of gap come on top.
	frameBytes, wireBytes = mtu + 14, mtu + 38
)

// subnetBits is the prefix length of the hosts' network 198.18.0.0/15, which RFC 2544 set aside for benchmarks.
const subnetBits = 15

const (
	bridgeName = "switch"
	hostDevice = "eth0"
)

// Topology is the testbed to lay out.
type Topology struct {
	Hosts []string // names, all different
	// RateBits is the rate of each link and direction in bit/s on the wire; see Goodput. 0 leaves the links unshaped.
	RateBits int64
	// QueueBytes is the room before each link and direction; 0 for 4 MiB at 1 Gbit/s and in proportion, see Queue.
	QueueBytes int64
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
	case t.QueueBytes != 0 && (t.QueueBytes < burstBytes || t.QueueBytes > maxQueueBytes):
		return fmt.Errorf("netem: queue of %d bytes: give %d to %d, or 0 for the usual one", t.QueueBytes, burstBytes, maxQueueBytes)
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

// hostAddr is the address of host i, from 0.
func hostAddr(i int) netip.Addr {
	return netip.AddrFrom4([4]byte{198, 18, byte((i + 1) >> 8), byte(i + 1)})
}

// addSwitch makes the namespace of the switch with its bridge.
func (tb *Testbed) addSwitch() (err error) {
	if tb.switchNS, tb.switchPort, err = newNamespace(switchSettings()); err != nil {
		return err
	}
	bridge := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: bridgeName, MTU: mtu}}
	if err := tb.switchPort.LinkAdd(bridge); err != nil {
		return fmt.Errorf("add bridge: %w", explain(err, "CONFIG_BRIDGE", "bridge"))
	}
	return tb.switchPort.LinkSetUp(bridge)
}

// addHost makes the namespace of a host and its link to the switch.
func (tb *Testbed) addHost(i int, name string) (err error) {
	h := &Host{Name: name, addr: hostAddr(i), testbed: tb, ns: netns.None()}
	tb.hosts = append(tb.hosts, h)
	if h.ns, h.port, err = newNamespace(tb.hostSettings()); err != nil {
		return err
	}
	portName := fmt.Sprintf("port%d", i)
	// Both ends are created in place, so that the caller's namespace never sees them.
	veth := &netlink.Veth{
		LinkAttrs: netlink.LinkAttrs{Name: hostDevice, MTU: mtu, Namespace: netlink.NsFd(h.ns)},
		PeerName:  portName, PeerMTU: mtu, PeerNamespace: netlink.NsFd(tb.switchNS),
	}
	if err := tb.switchPort.LinkAdd(veth); err != nil {
		return fmt.Errorf("add veth: %w", explain(err, "CONFIG_VETH", "veth"))
	}
	if h.device, err = h.port.LinkByName(hostDevice); err != nil {
		return err
	}
	if h.switchDevice, err = tb.switchPort.LinkByName(portName); err != nil {
		return err
	}
	return h.connect()
}

// connect shapes both ends of the host's link, gives it its address and takes it up.
func (h *Host) connect() error {
	sw := h.testbed.switchPort
	bridge, err := sw.LinkByName(bridgeName)
	if err != nil {
		return err
	}
	if err := sw.LinkSetMaster(h.switchDevice, bridge); err != nil {
		return fmt.Errorf("join bridge: %w", err)
	}
	address := &net.IPNet{IP: h.addr.AsSlice(), Mask: net.CIDRMask(subnetBits, 32)}
	if err := h.port.AddrAdd(h.device, &netlink.Addr{IPNet: address}); err != nil {
		return fmt.Errorf("set address %v: %w", address, err)
	}
	if err := h.testbed.Topology.shape(h.port, h.device); err != nil {
		return err
	}
	if err := h.testbed.Topology.shape(sw, h.switchDevice); err != nil {
		return err
	}
	if err := sw.LinkSetUp(h.switchDevice); err != nil {
		return err
	}
	return h.port.LinkSetUp(h.device)
}
