package netem

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"golang.org/x/sync/errgroup"
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
	hosts   [2]*Host
	near    [2]*net.UDPConn // at the host, sends to the other
	far     [2]*net.UDPConn // at the other
	arrives [2]float64      // share of what the host sends that NetEm is not to lose
}

func newBlast(a, b *Host) (*blast, error) {
	x := &blast{hosts: [2]*Host{a, b}}
	for i, from := range x.hosts {
		if err := x.open(i, from, x.hosts[1-i]); err != nil {
			x.close()
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
	if x.far[i], err = to.udp(nil); err != nil {
		return err
	}
	if x.near[i], err = from.udp(x.far[i].LocalAddr().(*net.UDPAddr)); err != nil {
		return err
	}
	raw, err := x.near[i].SyscallConn()
	if err != nil {
		return err
	}
	var optionErr error
	err = raw.Control(func(fd uintptr) {
		optionErr = errors.Join(
			unix.SetsockoptInt(int(fd), unix.SOL_UDP, unix.UDP_SEGMENT, datagramBytes),
			unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_SNDBUF, sendBuffer))
	})
	return errors.Join(err, optionErr)
}

// close closes the sockets, which ends what still sends.
func (x *blast) close() {
	for i := range x.hosts {
		for _, c := range []*net.UDPConn{x.near[i], x.far[i]} {
			if c != nil {
				c.Close()
			}
		}
	}
}

// run fills the links through ramp-up and window. It returns how many full frames a second each host's packets made at
// the other in the window, as if NetEm had lost none, and how long the window was.
func (x *blast) run(ctx context.Context, p plan) (frames [2]float64, window time.Duration, err error) {
	var g errgroup.Group
	for _, c := range x.near {
		g.Go(func() error { return fire(c) })
	}
	defer func() {
		x.close()
		err = errors.Join(err, g.Wait())
	}()
	if err := pause(ctx, p.rampUp); err != nil {
		return frames, 0, err
	}
	start := time.Now()
	before, err := x.received()
	if err != nil {
		return frames, 0, err
	}
	if err := pause(ctx, p.window); err != nil {
		return frames, 0, err
	}
	window = time.Since(start)
	after, err := x.received()
	for i := range frames {
		frames[i] = (after[i] - before[i]) / window.Seconds() / x.arrives[i]
	}
	return frames, window, err
}

// fire sends until the socket is closed.
func fire(c *net.UDPConn) error {
	chunk := make([]byte, datagramsAtOnce*datagramBytes)
	for {
		_, err := c.Write(chunk)
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil
		case err != nil:
			return fmt.Errorf("send datagrams: %w", err)
		}
	}
}

// received is what of each host's packets the other's network device has received, in full frames. That device counts a
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
		again := links[j]
		err := tb.bestRate(ctx, [2]*Host{tb.hosts[i], tb.hosts[j]}, [2]*LinkMeasurement{&links[i], &again}, p)
		if err != nil {
			return fmt.Errorf("netem: rate between %s and %s: %w", tb.hosts[i].Name, tb.hosts[j].Name, err)
		}
		if j > i {
			links[j] = again
		}
	}
	return nil
}

// bestRate measures until both links give their rate, or the attempts are used up.
func (tb *Testbed) bestRate(ctx context.Context, hosts [2]*Host, links [2]*LinkMeasurement, p plan) error {
	target := enough * Goodput(tb.Topology.RateBits)
	for attempt := 1; attempt <= p.attempts && (attempt == 1 || links[0].slower() < target); attempt++ {
		try, err := measureRate(ctx, hosts, p)
		if err != nil {
			return err
		}
		for i, l := range links {
			if attempt == 1 || try[0].slower() > l.slower() {
				l.UpBits, l.DownBits, l.Window, l.Drops = try[i].UpBits, try[i].DownBits, try[i].Window, try[i].Drops
			}
			l.Peers, l.Attempts = []string{hosts[1-i].Name}, attempt
		}
	}
	return nil
}

// measureRate measures once.
func measureRate(ctx context.Context, hosts [2]*Host, p plan) (links [2]LinkMeasurement, err error) {
	x, err := newBlast(hosts[0], hosts[1])
	if err != nil {
		return links, err
	}
	before, err := bothCounters(hosts)
	if err != nil {
		x.close()
		return links, err
	}
	frames, window, err := x.run(ctx, p)
	if err != nil {
		return links, err
	}
	after, err := bothCounters(hosts)
	const payloadBits = 8 * SegmentBytes
	for i := range links {
		passed := after[i].Since(before[i])
		links[i] = LinkMeasurement{
			UpBits: frames[i] * payloadBits, DownBits: frames[1-i] * payloadBits, Window: window,
			Drops: uint64(passed.Up.Drops) + uint64(passed.Down.Drops),
		}
	}
	return links, err
}

// bothCounters are the counters of both links, zero if they are not shaped.
func bothCounters(hosts [2]*Host) (c [2]Counters, err error) {
	for i, h := range hosts {
		if c[i], err = h.Counters(); err != nil && !errors.Is(err, ErrUncounted) {
			return c, err
		}
	}
	return c, nil
}
