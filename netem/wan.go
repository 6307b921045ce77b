package netem

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"github.com/vishvananda/netns"
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

// netem is the NetEm queue with what netlink.Netem lacks: delays in nanoseconds and the table of their distribution.
// Its fields are named and meant as there.
type netem struct {
	netlink.QdiscAttrs
	Latency64, Jitter64 int64 // ns
	Limit               uint32
	Loss, ReorderProb   uint32  // probabilities in units of 1/MaxUint32
	Rate64              uint64  // bytes/s
	DelayDist           []int16 // at most 16384 entries; nil: even
}

// Attributes that the nl package does not have, from linux/pkt_sched.h.
const (
	tcaNetemLatency64 = 10
	tcaNetemJitter64  = 11
)

// newNetem is the queue that does d.
func newNetem(attrs netlink.QdiscAttrs, d Delay) *netem {
	d = d.filled()
	q := &netem{
		QdiscAttrs: attrs,
		Latency64:  d.Mean.Nanoseconds(), Jitter64: d.Jitter.Nanoseconds(),
		Limit: uint32(d.Limit), Loss: probability32(d.Loss), ReorderProb: probability32(d.Reorder),
		Rate64: uint64(d.RateBits) / 8,
	}
	if table := tables[d.Distribution]; table != nil && d.Jitter > 0 {
		q.DelayDist = table()
	}
	return q
}

func probability32(p float64) uint32 { return uint32(math.Round(p * math.MaxUint32)) }

// options are the attributes in the order in which tc writes them.
func (q *netem) options() *nl.RtAttr {
	opt := nl.TcNetemQopt{Limit: q.Limit, Loss: q.Loss}
	if q.ReorderProb > 0 {
		opt.Gap = 1 // any packet may be reordered
	}
	var inTicks bool
	opt.Latency, opt.Jitter, inTicks = q.ticks()
	options := nl.NewRtAttr(nl.TCA_OPTIONS, opt.Serialize())
	if q.ReorderProb > 0 {
		options.AddRtAttr(nl.TCA_NETEM_REORDER, (&nl.TcNetemReorder{Probability: q.ReorderProb}).Serialize())
	}
	if q.Rate64 > math.MaxUint32 {
		options.AddRtAttr(nl.TCA_NETEM_RATE64, nl.Uint64Attr(q.Rate64))
	}
	if q.Rate64 > 0 {
		rate := nl.TcNetemRate{Rate: uint32(min(q.Rate64, math.MaxUint32))}
		options.AddRtAttr(nl.TCA_NETEM_RATE, rate.Serialize())
	}
	if !inTicks {
		options.AddRtAttr(tcaNetemLatency64, nl.Uint64Attr(uint64(q.Latency64)))
		options.AddRtAttr(tcaNetemJitter64, nl.Uint64Attr(uint64(q.Jitter64)))
	}
	if q.DelayDist != nil {
		table := make([]byte, 0, 2*len(q.DelayDist))
		for _, step := range q.DelayDist {
			table = binary.NativeEndian.AppendUint16(table, uint16(step))
		}
		options.AddRtAttr(nl.TCA_NETEM_DELAY_DIST, table)
	}
	return options
}

// ticks are latency and jitter in the packet scheduler's clock ticks, which is all that kernels before 4.15 and older
// tools have: 64 ns, at most 274 s. exact tells whether they say all that there is to say.
func (q *netem) ticks() (latency, jitter uint32, exact bool) {
	exact = true
	convert := func(ns int64) uint32 {
		ticks := float64(ns) / 1000 * netlink.TickInUsec()
		exact = exact && ticks == math.Trunc(ticks) && ticks <= math.MaxUint32
		return uint32(min(ticks, math.MaxUint32))
	}
	return convert(q.Latency64), convert(q.Jitter64), exact
}

// request is the message that adds the queue or, if its parent has one with this handle, changes that.
func (q *netem) request() *nl.NetlinkRequest {
	r := nl.NewNetlinkRequest(unix.RTM_NEWQDISC, unix.NLM_F_CREATE|unix.NLM_F_REPLACE|unix.NLM_F_ACK)
	r.AddData(&nl.TcMsg{
		Family: nl.FAMILY_ALL, Ifindex: int32(q.LinkIndex), Handle: q.Handle, Parent: q.Parent,
	})
	r.AddData(nl.NewRtAttr(nl.TCA_KIND, nl.ZeroTerminated("netem")))
	r.AddData(q.options())
	return r
}

// replace sends the request in ns.
func (q *netem) replace(ns netns.NsHandle) error {
	socket, err := nl.GetNetlinkSocketAt(ns, netns.None(), unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("open netlink: %w", err)
	}
	defer socket.Close()
	r := q.request()
	r.Sockets = map[int]*nl.SocketHandle{unix.NETLINK_ROUTE: {Socket: socket}}
	_, err = r.Execute(unix.NETLINK_ROUTE, 0)
	return err
}
