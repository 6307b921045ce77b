package netem

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Outgoing is NetEm on a device of this machine that others use, too: what leaves by it to some addresses is delayed, all else passes
// as before. Its queue stands in place of the device's own until Remove.
type Outgoing struct {
	ns     *netlink.Handle
	device netlink.Link
}

const (
	// outgoingMark is the handle of an Outgoing's queue, by which a later one knows it.
	outgoingMark = 0xb0b
	ownBands     = 3  // of the kernel's own first queue, by a packet's priority
	mostBands    = 16 // of a queue in all, each of which can have a delay of its own
)

// DelayOutgoing delays what leaves by the device to each address as it says. It takes root, in the caller's network namespace. What an
// earlier process left on the device it removes. It refuses a device that carries the default route or leads to one of the addresses
// to spare: the delays' queue would be in the way of what steers this machine. It also refuses one whose queue somebody else has
// set, and addresses that are not reached by it.
func DelayOutgoing(device string, to map[netip.Addr]Delay, spare ...netip.Addr) (_ *Outgoing, err error) {
	o, err := outgoingOf(device)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("delay what leaves by %s: %w", device, err), o.Remove())
		}
	}()
	if err := o.removeMarked(); err != nil {
		return nil, err
	}
	if err := o.check(slices.Collect(maps.Keys(to)), spare); err != nil {
		return nil, err
	}
	bands := map[Delay]uint16{} // each by the number that follows those of the kernel's own
	for _, d := range to {
		if d = d.filled(); bands[d] == 0 {
			bands[d] = uint16(ownBands + len(bands) + 1)
		}
	}
	if ownBands+len(bands) > mostBands {
		return nil, fmt.Errorf("%d different delays: a device can have %d", len(bands), mostBands-ownBands)
	}
	return o, o.build(to, bands)
}

// UndelayOutgoing removes what a process that was killed left of DelayOutgoing.
func UndelayOutgoing(device string) error {
	o, err := outgoingOf(device)
	if err != nil {
		return err
	}
	return o.Remove()
}

// outgoingOf finds the device.
func outgoingOf(device string) (*Outgoing, error) {
	ns, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("open netlink: %w", err)
	}
	link, err := ns.LinkByName(device)
	if err != nil {
		ns.Close()
		return nil, fmt.Errorf("network interface %s: %w", device, err)
	}
	return &Outgoing{ns: ns, device: link}, nil
}

// check refuses what powbench must not touch.
func (o *Outgoing) check(to, spare []netip.Addr) error {
	at := o.device.Attrs()
	if at.Flags&net.FlagLoopback != 0 {
		return errors.New("this is the loopback: name the interface of the network between the machines")
	}
	queues, err := o.ns.QdiscList(o.device)
	if err != nil {
		return err
	}
	for _, q := range queues {
		if a := q.Attrs(); a.Parent == netlink.HANDLE_ROOT && a.Handle != 0 { // the kernel's own have no handle
			return fmt.Errorf("it has a queue (%s) that somebody set: 'tc qdisc del dev %s root' removes it", q.Type(), at.Name)
		}
	}
	routes, err := o.ns.RouteList(o.device, unix.AF_INET)
	if err != nil {
		return err
	}
	for _, r := range routes {
		if ones := 0; r.Dst != nil {
			if ones, _ = r.Dst.Mask.Size(); ones > 0 {
				continue
			}
		}
		return errors.New("it carries the default route, by which this machine is steered: name the interface of a network that is " +
			"the experiment's alone")
	}
	for _, a := range to {
		switch by, err := o.leadsTo(a); {
		case err != nil:
			return err
		case !by:
			return fmt.Errorf("%v is not reached by it", a)
		}
	}
	for _, a := range spare {
		if by, err := o.leadsTo(a); err == nil && by {
			return fmt.Errorf("it leads to %v, from where this machine is steered: name the interface of a network that is the experiment's alone", a)
		}
	}
	return nil
}

// leadsTo reports whether packets to the address leave by the device.
func (o *Outgoing) leadsTo(to netip.Addr) (bool, error) {
	if !to.Is4() {
		return false, fmt.Errorf("%v: give an IPv4 address", to)
	}
	routes, err := o.ns.RouteGet(to.AsSlice())
	if err != nil {
		return false, fmt.Errorf("route to %v: %w", to, err)
	}
	return len(routes) > 0 && routes[0].LinkIndex == o.device.Attrs().Index, nil
}

// build makes the queue with its bands, a NetEm in each of those that are not the kernel's own, and sends packets there.
func (o *Outgoing) build(to map[netip.Addr]Delay, bands map[Delay]uint16) error {
	root := rootQueue(o.device)
	root.Handle = netlink.MakeHandle(outgoingMark, 0)
	queue := netlink.NewPrio(root)
	queue.Bands = uint8(ownBands + len(bands))
	if err := o.ns.QdiscAdd(queue); err != nil {
		return explain(err, "CONFIG_NET_SCH_PRIO", "sch_prio")
	}
	for d, band := range bands {
		at := netlink.QdiscAttrs{
			LinkIndex: o.device.Attrs().Index, Parent: netlink.MakeHandle(outgoingMark, band),
			Handle: netlink.MakeHandle(outgoingMark+band, 0),
		}
		if _, err := d.request(at).Execute(unix.NETLINK_ROUTE, 0); err != nil {
			return explainNetEm(err)
		}
	}
	for a, d := range to {
		address := a.As4()
		err := o.ns.FilterAdd(&netlink.U32{
			FilterAttrs: netlink.FilterAttrs{
				LinkIndex: o.device.Attrs().Index, Parent: root.Handle, Priority: 1, Protocol: unix.ETH_P_IP,
			},
			ClassId: netlink.MakeHandle(outgoingMark, bands[d.filled()]),
			Sel: &netlink.TcU32Sel{
				Flags: netlink.TC_U32_TERMINAL,
				Keys:  []netlink.TcU32Key{{Mask: 0xffffffff, Val: binary.BigEndian.Uint32(address[:]), Off: destinationOffset}},
			},
		})
		if err != nil {
			return explain(err, "CONFIG_NET_CLS_U32", "cls_u32")
		}
	}
	return nil
}

// Remove gives the device the kernel's own queue again. It does nothing the second time.
func (o *Outgoing) Remove() error {
	if o.ns == nil {
		return nil
	}
	err := o.removeMarked()
	o.ns.Close()
	o.ns = nil
	return err
}

// removeMarked removes the queue of an Outgoing, if the device has one.
func (o *Outgoing) removeMarked() error {
	queues, err := o.ns.QdiscList(o.device)
	if err != nil {
		return err
	}
	for _, q := range queues {
		if a := q.Attrs(); a.Parent == netlink.HANDLE_ROOT && a.Handle == netlink.MakeHandle(outgoingMark, 0) {
			return o.ns.QdiscDel(q)
		}
	}
	return nil
}
