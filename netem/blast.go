package netem

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

const (
	udpHeaderBytes = 14 + 20 + 8 // Ethernet, IPv4, UDP
	datagramBytes  = frameBytes - udpHeaderBytes
	// A system call sends so many datagrams. The kernel counts them all at the sender's shaper and then cuts them apart.
	datagramsAtOnce = 16
	// The kernel doubles the room in a socket. So four system calls' worth fits in, less than in the queue behind it: the
	// full socket holds the sender up, and nothing is dropped.
	sendBuffer = 2 * datagramsAtOnce * datagramBytes
)

// blast fills the links of two hosts, in both directions at once, with datagrams that nobody reads. Packets that
// overtake each other make TCP slow down, so that it says little about the rate of a link with jitter.
type blast struct {
	traffic
	hosts   [2]*Host
	pairs   [2]datagrams // from the host to the other
	arrives [2]float64   // share of what the host sends that NetEm is not to lose
}

func newBlast(hosts [2]*Host) (*blast, error) {
	x := &blast{hosts: hosts, traffic: traffic{failed: make(chan error, 1)}}
	for i, from := range hosts {
		if err := x.open(i, from, hosts[1-i]); err != nil {
			x.stop()
			return nil, err
		}
	}
	return x, nil
}

// open opens the sockets of what host i sends.
func (x *blast) open(i int, from, to *Host) (err error) {
	x.arrives[i] = 1
	if delay := from.testbed.Topology.Delay; delay != nil {
		x.arrives[i] -= delay(from.Name, to.Name).Loss
	}
	if x.pairs[i], err = newDatagrams(from, to); err != nil {
		return err
	}
	return control(x.pairs[i].near, func(fd int) error {
		return errors.Join(
			unix.SetsockoptInt(fd, unix.SOL_UDP, unix.UDP_SEGMENT, datagramBytes),
			unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, sendBuffer))
	})
}

// fire begins to send.
func (x *blast) fire() {
	for _, pair := range x.pairs {
		chunk := make([]byte, datagramsAtOnce*datagramBytes)
		x.loop(func() error {
			if _, err := pair.near.Write(chunk); err != nil {
				return fmt.Errorf("send datagrams: %w", err)
			}
			return nil
		})
	}
}

func (x *blast) stop() {
	x.stopped.Store(true)
	for _, pair := range x.pairs {
		pair.close()
	}
	x.loops.Wait()
}

// received is how many full frames of each host the other's network device has received. That device counts a
// segmentation-offload packet as one, with one header.
func (x *blast) received() (frames [2]float64, err error) {
	for i := range x.hosts {
		h := x.hosts[1-i]
		device, err := h.port.LinkByIndex(h.device.Attrs().Index)
		if err != nil {
			return frames, fmt.Errorf("ask for bytes received: %w", err)
		}
		s := device.Attrs().Statistics
		frames[i] = float64(s.RxBytes-udpHeaderBytes*s.RxPackets) / datagramBytes
	}
	return frames, nil
}

// measureRates measures the links of two hosts at a time, the last of an odd number with the first again.
func (tb *Testbed) measureRates(ctx context.Context, links []LinkMeasurement, p plan) error {
	for i := 0; i < len(tb.hosts); i += 2 {
		j := (i + 1) % len(tb.hosts)
		both := []LinkMeasurement{links[i], links[j]}
		hosts := [2]*Host{tb.hosts[i], tb.hosts[j]}
		err := tb.best(p, both, func() ([]LinkMeasurement, error) { return measureRate(ctx, hosts, p) })
		if err != nil {
			return fmt.Errorf("netem: rate between %s and %s: %w", hosts[0].Name, hosts[1].Name, err)
		}
		links[i] = both[0]
		if j > i {
			links[j] = both[1]
		}
	}
	return nil
}

// measureRate measures the links of two hosts once, as if NetEm had lost nothing.
func measureRate(ctx context.Context, hosts [2]*Host, p plan) ([]LinkMeasurement, error) {
	x, err := newBlast(hosts)
	if err != nil {
		return nil, err
	}
	defer x.stop()
	var before, after [2]Counters
	for i, h := range hosts {
		if before[i], err = h.counted(); err != nil {
			return nil, err
		}
	}
	x.fire()
	frames, window, err := x.measure(ctx, p, x.received)
	if err != nil {
		return nil, err
	}
	x.stop()
	links := make([]LinkMeasurement, len(hosts))
	for i, h := range hosts {
		if after[i], err = h.counted(); err != nil {
			return nil, err
		}
		up, down := frames[i]/x.arrives[i], frames[1-i]/x.arrives[1-i]
		links[i] = LinkMeasurement{
			Peers: []string{hosts[1-i].Name}, UpBits: up * 8 * SegmentBytes, DownBits: down * 8 * SegmentBytes,
			Window: window, Drops: after[i].Since(before[i]).drops(),
		}
	}
	return links, nil
}
