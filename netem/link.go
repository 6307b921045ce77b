package netem

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

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

const (
	bridgeName = "switch"
	hostDevice = "eth0"
)

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
