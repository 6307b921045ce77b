package netem

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// A wan is a NetEm that the packets from one host to some others pass.
//
// NetEm stands between the two shapers of a path, that of the sender's link and that of the receiver's. So the
// receiver's shaper sees packets when they arrive, and what the shapers count does not change. A packet that enters the
// switch is redirected to an intermediate device (ifb) whose queue is NetEm; when NetEm releases it, it goes on to the
// switch as if it had just entered. A host has one such device for each different Delay, chosen by destination.
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

// wanFor returns the NetEm of host i that does d. The first call also makes the queue at which packets are redirected.
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
	socket, err := nl.GetNetlinkSocketAt(tb.switchNS, netns.None(), unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("open netlink: %w", err)
	}
	defer socket.Close()
	r := d.request(rootQueue(w.device))
	r.Sockets = map[int]*nl.SocketHandle{unix.NETLINK_ROUTE: {Socket: socket}}
	_, err = r.Execute(unix.NETLINK_ROUTE, 0)
	return explainNetEm(err)
}

// destinationOffset is where in the IPv4 header a packet's destination is.
const destinationOffset = 16

// redirect sends what the host sends to another through w.
func (h *Host) redirect(to *Host, w *wan) error {
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
			Keys:  []netlink.TcU32Key{{Mask: 0xffffffff, Val: binary.BigEndian.Uint32(address[:]), Off: destinationOffset}},
		},
		Actions: []netlink.Action{netlink.NewMirredAction(w.device.Attrs().Index)},
	})
	if err != nil {
		return fmt.Errorf("redirect: %w",
			explain(err, "CONFIG_NET_CLS_U32 and CONFIG_NET_ACT_MIRRED", "-a cls_u32 act_mirred"))
	}
	return nil
}

// SetDelays makes NetEm do what the topology asks for or, with false, neither delay, lose nor reorder packets, so that
// the paths' own delay can be measured. RateBits stays. Packets under way keep the delay that they have drawn.
func (tb *Testbed) SetDelays(on bool) error {
	for _, h := range tb.hosts {
		if err := h.setDelays(on); err != nil {
			return fmt.Errorf("netem: delays of %s: %w", h.Name, err)
		}
	}
	return nil
}

func (h *Host) setDelays(on bool) error {
	if err := h.hold(); err != nil {
		return err
	}
	defer h.mu.Unlock()
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

// Attributes of NetEm that the nl package lacks, from linux/pkt_sched.h.
const (
	tcaNetemLatency64 = 10
	tcaNetemJitter64  = 11
)

// options are the attributes of the NetEm queue that does d, in the order in which tc writes them. netlink.Netem lacks
// delays in nanoseconds and the table of their distribution.
func (d Delay) options() *nl.RtAttr {
	d = d.filled()
	probability := func(p float64) uint32 { return uint32(math.Round(p * math.MaxUint32)) }
	opt := nl.TcNetemQopt{Limit: uint32(d.Limit), Loss: probability(d.Loss)}
	if d.Reorder > 0 {
		opt.Gap = 1 // any packet may be reordered
	}
	var exact [2]bool
	opt.Latency, exact[0] = ticks(d.Mean)
	opt.Jitter, exact[1] = ticks(d.Jitter)
	options := nl.NewRtAttr(nl.TCA_OPTIONS, opt.Serialize())
	if d.Reorder > 0 {
		reorder := nl.TcNetemReorder{Probability: probability(d.Reorder)}
		options.AddRtAttr(nl.TCA_NETEM_REORDER, reorder.Serialize())
	}
	if bytesPerSecond := uint64(d.RateBits) / 8; bytesPerSecond > 0 {
		if bytesPerSecond > math.MaxUint32 {
			options.AddRtAttr(nl.TCA_NETEM_RATE64, nl.Uint64Attr(bytesPerSecond))
		}
		rate := nl.TcNetemRate{Rate: uint32(min(bytesPerSecond, math.MaxUint32))}
		options.AddRtAttr(nl.TCA_NETEM_RATE, rate.Serialize())
	}
	if exact != [2]bool{true, true} {
		options.AddRtAttr(tcaNetemLatency64, nl.Uint64Attr(uint64(d.Mean)))
		options.AddRtAttr(tcaNetemJitter64, nl.Uint64Attr(uint64(d.Jitter)))
	}
	if steps := tables[d.Distribution]; steps != nil && d.Jitter > 0 {
		var table []byte
		for _, step := range steps() {
			table = binary.NativeEndian.AppendUint16(table, uint16(step))
		}
		options.AddRtAttr(nl.TCA_NETEM_DELAY_DIST, table)
	}
	return options
}

// ticks converts d to the packet scheduler's clock ticks, 64 ns each and at most 274 s, which is all that kernels
// before 4.15 and older tools have. exact is false if d is no whole number of them or too long.
func ticks(d time.Duration) (ticks uint32, exact bool) {
	t := float64(d) / 1000 * netlink.TickInUsec()
	return uint32(min(t, math.MaxUint32)), t == math.Trunc(t) && t <= math.MaxUint32
}

// request is the netlink message that puts the queue that does d at a place, instead of the one that is there.
func (d Delay) request(at netlink.QdiscAttrs) *nl.NetlinkRequest {
	r := nl.NewNetlinkRequest(unix.RTM_NEWQDISC, unix.NLM_F_CREATE|unix.NLM_F_REPLACE|unix.NLM_F_ACK)
	r.AddData(&nl.TcMsg{
		Family: nl.FAMILY_ALL, Ifindex: int32(at.LinkIndex), Handle: at.Handle, Parent: at.Parent,
	})
	r.AddData(nl.NewRtAttr(nl.TCA_KIND, nl.ZeroTerminated("netem")))
	r.AddData(d.options())
	return r
}
