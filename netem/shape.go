package netem

import (
	"errors"
	"fmt"

	"github.com/vishvananda/netlink"
)

const (
	// A burst below a 64 KiB segmentation-offload packet makes the shaper cut every packet, at ten times the CPU time.
	burstBytes = 128 << 10
	// Without offload a burst can be shorter, and should be: at 100 Mbit/s, 128 KiB pass 10 ms too early. It must hold
	// what the link carries between two ticks of a slow clock, such as a guest's.
	shortBurstBytes = 32 << 10
	maxQueueBytes   = 1 << 30
	// Below this rate a burst lasts longer than a second.
	minRateBits = 1_000_000
)

// shape limits what leaves the device to the topology's rate on the wire, except for bursts, and makes it packets of
// one segment each if the topology wants no offload.
func (t Topology) shape(ns *netlink.Handle, device netlink.Link) error {
	burst := burstBytes
	if t.NoOffload {
		burst = shortBurstBytes
		if err := ns.LinkSetGSOMaxSegs(device, 1); err != nil {
			return fmt.Errorf("no offload on %s: %w", device.Attrs().Name, err)
		}
	}
	if t.RateBits == 0 {
		return nil
	}
	rate := uint64(t.RateBits) * frameBytes / wireBytes / 8
	err := ns.QdiscReplace(&netlink.Tbf{
		QdiscAttrs: rootQueue(device),
		Rate:       rate,
		Buffer:     netlink.Xmittime(rate, uint32(burst)),
		Limit:      uint32(t.Queue()),
	})
	if err != nil {
		return fmt.Errorf("shape %s: %w", device.Attrs().Name, explain(err, "CONFIG_NET_SCH_TBF", "sch_tbf"))
	}
	return nil
}

// rootQueue places a queue at the root of the device.
func rootQueue(device netlink.Link) netlink.QdiscAttrs {
	return netlink.QdiscAttrs{
		LinkIndex: device.Attrs().Index, Handle: netlink.MakeHandle(1, 0), Parent: netlink.HANDLE_ROOT,
	}
}

// Queue is the room in bytes before each link and direction, 0 of links without a rate. Where the topology does not say, it
// is 4 MiB at 1 Gbit/s (34 ms) and in proportion, but at least one burst: about what a switch of many ports and one memory
// lets a port take. In a quarter of it several connections cannot hold what TCP sends ahead, and their links stay empty
// while they recover from losses.
func (t Topology) Queue() int64 {
	switch {
	case t.RateBits == 0:
		return 0
	case t.QueueBytes != 0:
		return t.QueueBytes
	}
	return max(burstBytes, min(t.RateBits*(4<<20)/1e9, maxQueueBytes))
}

// ErrUncounted is what Host.Counters returns on loopback, where no host has a link of its own.
var ErrUncounted = errors.New("netem: plain loopback has no counters for each host")

// Counters are what has passed a host's link since it was set up.
type Counters struct {
	Up   Direction // host → switch, counted at the host's end; with drops and backlog of the NetEm behind it
	Down Direction // switch → host, counted at the switch's port
}

// Direction is one direction of a link.
type Direction struct {
	Bytes   uint64 // frames from the Ethernet header on, without check sequence, preamble and gap
	Packets uint32 // frames; wraps around: subtract with Since
	Drops   uint32 // by a full queue, or by a NetEm that is to lose packets; wraps around
	Backlog uint32 // bytes that wait in the queue, or that NetEm delays, at the time of reading
}

// headerBytes is Ethernet 14 + IPv4 20 + TCP 32 (with timestamps) of each segment.
const headerBytes = 14 + 20 + 32

// Payload is the TCP payload in bytes. It is exact except for handshakes, selective acknowledgements and ARP, whose
// longer or shorter headers are counted as those of data. What the queue drops does not count. What is sent again,
// because a later queue dropped it or TCP took an overtaken packet for a lost one, counts again.
func (d Direction) Payload() int64 { return int64(d.Bytes) - headerBytes*int64(d.Packets) }

// Since returns what passed after the earlier reading; Backlog stays that of this reading.
func (c Counters) Since(earlier Counters) Counters {
	return Counters{Up: c.Up.since(earlier.Up), Down: c.Down.since(earlier.Down)}
}

func (d Direction) since(earlier Direction) Direction {
	d.Bytes -= earlier.Bytes
	d.Packets -= earlier.Packets
	d.Drops -= earlier.Drops
	return d
}

func (c Counters) drops() uint64 { return uint64(c.Up.Drops) + uint64(c.Down.Drops) }

// Counters reads the host's link. The kernel counts a segmentation-offload packet as the segments it stands for,
// headers included; at a link without a shaper it is one frame, with one header. ErrUncounted on loopback.
func (h *Host) Counters() (c Counters, err error) {
	if h.testbed.Mode == ModeLoopback {
		return c, ErrUncounted
	}
	read := readQueue
	if h.testbed.Topology.RateBits == 0 {
		read = readDevice
	}
	if err := h.hold(); err != nil {
		return c, err
	}
	defer h.mu.Unlock()
	if c.Up, err = read(h.port, h.device); err != nil {
		return c, err
	}
	for _, w := range h.wans {
		d, err := readQueue(h.testbed.switchPort, w.device)
		if err != nil {
			return c, err
		}
		c.Up.Drops += d.Drops
		c.Up.Backlog += d.Backlog
	}
	c.Down, err = read(h.testbed.switchPort, h.switchDevice)
	return c, err
}

// counted is Counters, or zero on loopback.
func (h *Host) counted() (Counters, error) {
	c, err := h.Counters()
	if errors.Is(err, ErrUncounted) {
		err = nil
	}
	return c, err
}

// readDevice reads what the device itself has sent, where it has no queue.
func readDevice(ns *netlink.Handle, device netlink.Link) (Direction, error) {
	link, err := ns.LinkByIndex(device.Attrs().Index)
	if err != nil {
		return Direction{}, fmt.Errorf("netem: counters of %s: %w", device.Attrs().Name, err)
	}
	s := link.Attrs().Statistics
	if s == nil {
		return Direction{}, fmt.Errorf("netem: counters of %s: the kernel tells none", device.Attrs().Name)
	}
	return Direction{Bytes: s.TxBytes, Packets: uint32(s.TxPackets), Drops: uint32(s.TxDropped)}, nil
}

// readQueue reads the root queue of the device, which is a shaper or NetEm.
func readQueue(ns *netlink.Handle, device netlink.Link) (Direction, error) {
	queues, err := ns.QdiscList(device)
	if err != nil {
		return Direction{}, fmt.Errorf("netem: counters of %s: %w", device.Attrs().Name, err)
	}
	for _, q := range queues {
		a := q.Attrs()
		if a.Parent != netlink.HANDLE_ROOT || a.Statistics == nil || a.Statistics.Basic == nil || a.Statistics.Queue == nil {
			continue
		}
		basic, queue := a.Statistics.Basic, a.Statistics.Queue
		return Direction{Bytes: basic.Bytes, Packets: basic.Packets, Drops: queue.Drops, Backlog: queue.Backlog}, nil
	}
	return Direction{}, fmt.Errorf("netem: counters of %s: its queue is gone", device.Attrs().Name)
}
