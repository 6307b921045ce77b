package netem

import (
	"encoding/binary"
	"fmt"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// NetEm stands between the two shapers of a path: behind the one of the sender's link, before that of the receiver's.
// So the receiver's shaper sees packets when they arrive, its short queue is still that of the link, and what the
// shapers count does not change. What comes from a host is redirected, as it enters the switch, to an intermediate
// device (ifb), whose queue is NetEm; when NetEm lets it go, it goes on to the switch as if it had just entered. A host
// has such a device for each Delay that differs, chosen by the packet's destination.

// wan is a NetEm that the packets from one host to some others pass.
type wan struct {
	delay  Delay
	device netlink.Link // in the switch's namespace
}

// delayHosts puts every host's NetEm in place.
func (tb *Testbed) delayHosts() error {
	if tb.Topology.Delay == nil {
		return nil
	}
	for i, h := range tb.hosts {
		for _, to := range tb.hosts {
			d := tb.Topology.Delay(h.Name, to.Name).filled()
			if to == h || d.nothing() {
				continue
			}
			w, err := h.wanFor(i, d)
			if err == nil {
				err = h.redirect(to, w)
			}
			if err != nil {
				return fmt.Errorf("delay %s to %s: %w", h.Name, to.Name, err)
			}
		}
	}
	return nil
}

// wanFor is the host's NetEm that does d. The first one also makes the place where packets are redirected.
func (h *Host) wanFor(i int, d Delay) (*wan, error) {
	for _, w := range h.wans {
		if w.delay == d {
			return w, nil
		}
	}
	sw := h.testbed.switchPort
	if len(h.wans) == 0 {
		ingress := &netlink.Ingress{QdiscAttrs: netlink.QdiscAttrs{
			LinkIndex: h.switchDevice.Attrs().Index,
			Handle:    netlink.MakeHandle(0xffff, 0),
			Parent:    netlink.HANDLE_INGRESS,
		}}
		if err := sw.QdiscAdd(ingress); err != nil {
			return nil, fmt.Errorf("redirect: %w", explain(err, "CONFIG_NET_SCH_INGRESS", "sch_ingress"))
		}
	}
	ifb := &netlink.Ifb{LinkAttrs: netlink.LinkAttrs{
		Name: fmt.Sprintf("wan%d.%d", i, len(h.wans)), MTU: mtu, TxQLen: 1000,
	}}
	if err := sw.LinkAdd(ifb); err != nil {
		return nil, fmt.Errorf("add ifb: %w", explain(err, "CONFIG_IFB", "ifb"))
	}
	w := &wan{delay: d, device: ifb}
	h.wans = append(h.wans, w)
	if err := w.set(h.testbed, d); err != nil {
		return nil, err
	}
	return w, sw.LinkSetUp(ifb)
}

// set makes NetEm do d.
func (w *wan) set(tb *Testbed, d Delay) error {
	q := newNetem(netlink.QdiscAttrs{
		LinkIndex: w.device.Attrs().Index,
		Handle:    netlink.MakeHandle(1, 0),
		Parent:    netlink.HANDLE_ROOT,
	}, d)
	return explainNetEm(q.replace(tb.switchNS))
}

// redirect leads what the host sends to another through w.
func (h *Host) redirect(to *Host, w *wan) error {
	const destination = 16 // offset in the IPv4 header
	address := to.addr.As4()
	err := h.testbed.switchPort.FilterAdd(&netlink.U32{
		FilterAttrs: netlink.FilterAttrs{
			LinkIndex: h.switchDevice.Attrs().Index,
			Parent:    netlink.MakeHandle(0xffff, 0),
			Priority:  1,
			Protocol:  unix.ETH_P_IP,
		},
		Sel: &netlink.TcU32Sel{
			Flags: netlink.TC_U32_TERMINAL,
			Keys:  []netlink.TcU32Key{{Mask: 0xffffffff, Val: binary.BigEndian.Uint32(address[:]), Off: destination}},
		},
		Actions: []netlink.Action{netlink.NewMirredAction(w.device.Attrs().Index)},
	})
	if err != nil {
		return fmt.Errorf("redirect: %w",
			explain(err, "CONFIG_NET_CLS_U32 and CONFIG_NET_ACT_MIRRED", "-a cls_u32 act_mirred"))
	}
	return nil
}

// SetDelays sets NetEm to what the topology asks for or, with false, to no delay, loss or reordering, so that the
// paths' own delay can be measured; RateBits stays, as Delay.CDF leaves it out too. Packets under way keep the delay
// that they have drawn.
func (tb *Testbed) SetDelays(on bool) error {
	for _, h := range tb.hosts {
		h.mu.Lock()
		err := h.setDelays(on)
		h.mu.Unlock()
		if err != nil {
			return fmt.Errorf("netem: delays of %s: %w", h.Name, err)
		}
	}
	return nil
}

func (h *Host) setDelays(on bool) error {
	if h.closed {
		return h.errClosed()
	}
	for _, w := range h.wans {
		d := w.delay
		if !on {
			d = Delay{RateBits: d.RateBits, Limit: d.Limit}
		}
		if err := w.set(h.testbed, d); err != nil {
			return err
		}
	}
	return nil
}
