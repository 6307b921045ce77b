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
