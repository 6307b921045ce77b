package netem

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// datagrams are two UDP sockets, of which near sends to far.
type datagrams struct{ near, far *net.UDPConn }

// newDatagrams opens the sockets on two hosts.
func newDatagrams(from, to *Host) (d datagrams, err error) {
	err = to.inside(func() (err error) {
		d.far, err = net.ListenUDP("udp4", &net.UDPAddr{IP: to.addr.AsSlice()})
		return err
	})
	if err != nil {
		return d, err
	}
	err = from.inside(func() (err error) {
		d.near, err = net.DialUDP("udp4", &net.UDPAddr{IP: from.addr.AsSlice()}, d.far.LocalAddr().(*net.UDPAddr))
		return err
	})
	if err != nil {
		d.close()
	}
	return d, err
}

func (d datagrams) close() {
	for _, c := range []*net.UDPConn{d.near, d.far} {
		if c != nil {
			c.Close()
		}
	}
}

// control runs f on a socket's descriptor.
func control(c syscall.Conn, f func(fd int) error) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) { failed = f(int(fd)) })
	return errors.Join(err, failed)
}

// A train is packets that one host sends to another to find out how long each takes. All hosts share one clock. The
// kernel stamps what arrives, so that the receiver may look late and seldom: in a guest of one processor, a receiver that
// woke up for every packet would delay the others.
type train struct {
	datagrams
	from, to *Host

	sent   int
	delays []time.Duration // of those that arrived, in order of arrival
	late   int             // arrived after one sent later
	next   int             // one more than the highest number that arrived
}

// trainBytes is the payload of a packet: its number and when it was sent.
const trainBytes = 16

// lookEvery is the number of packets after which the receiver must look: the smallest usual socket buffer holds 250.
const lookEvery = 64

func newTrain(from, to *Host) (*train, error) {
	t := &train{from: from, to: to}
	var err error
	if t.datagrams, err = newDatagrams(from, to); err != nil {
		return nil, t.failed(err)
	}
	err = control(t.far, func(fd int) error {
		return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	})
	if err != nil {
		t.close()
		return nil, t.failed(err)
	}
	return t, nil
}

func (t *train) failed(err error) error {
	return fmt.Errorf("netem: delay from %s to %s: %w", t.from.Name, t.to.Name, err)
}

// send sends the next packet.
func (t *train) send() error {
	var packet [trainBytes]byte
	binary.BigEndian.PutUint64(packet[:], uint64(t.sent))
	binary.BigEndian.PutUint64(packet[8:], uint64(time.Now().UnixNano()))
	t.sent++
	if _, err := t.near.Write(packet[:]); err != nil {
		return t.failed(err)
	}
	if t.sent%lookEvery == 0 {
		return t.look()
	}
	return nil
}

// look takes what has arrived.
func (t *train) look() error {
	var packet [trainBytes]byte
	stamp := make([]byte, unix.CmsgSpace(16))
	err := control(t.far, func(fd int) error {
		for {
			n, stamped, _, _, err := unix.Recvmsg(fd, packet[:], stamp, unix.MSG_DONTWAIT)
			if err == nil {
				err = t.note(packet[:n], stamp[:stamped])
			}
			if err != nil {
				return err
			}
		}
	})
	if errors.Is(err, unix.EAGAIN) {
		return nil
	}
	return t.failed(err)
}

func (t *train) note(packet, stamp []byte) error {
	if len(packet) != trainBytes {
		return fmt.Errorf("a packet of %d bytes arrived", len(packet))
	}
	arrived, err := arrival(stamp)
	if err != nil {
		return err
	}
	number, sent := int(binary.BigEndian.Uint64(packet)), int64(binary.BigEndian.Uint64(packet[8:]))
	t.delays = append(t.delays, time.Duration(arrived-sent))
	if number < t.next {
		t.late++
	}
	t.next = max(t.next, number+1)
	return nil
}

// arrival is the kernel's time stamp in ns since 1970.
func arrival(stamp []byte) (int64, error) {
	messages, err := unix.ParseSocketControlMessage(stamp)
	if err != nil {
		return 0, err
	}
	for _, m := range messages {
		if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SCM_TIMESTAMPNS && len(m.Data) == 16 {
			return int64(binary.NativeEndian.Uint64(m.Data))*1e9 + int64(binary.NativeEndian.Uint64(m.Data[8:])), nil
		}
	}
	return 0, errors.New("the kernel did not tell when a packet arrived")
}

// measurement compares the packets' delays, which it sorts and takes over, with what was asked.
func (t *train) measurement(asked Delay, floor time.Duration) DelayMeasurement {
	m := DelayMeasurement{
		From: t.from.Name, To: t.to.Name, Asked: asked, Floor: floor,
		Samples: len(t.delays), Lost: t.sent - len(t.delays), Reordered: t.late,
	}
	if m.Samples == 0 {
		return m
	}
	d := t.delays
	for i := range d {
		d[i] -= floor
	}
	slices.Sort(d)
	m.Mean, m.SD = meanSD(d)
	m.Min, m.P50, m.P90, m.P99, m.Max = d[0], quantile(d, 0.5), quantile(d, 0.9), quantile(d, 0.99), d[len(d)-1]
	m.KS = ksDistance(d, asked.CDF, delayGrain)
	return m
}

// stragglers is the wait, beyond the longest delay, for packets that the machine holds up.
const stragglers = 250 * time.Millisecond

// runTrains sends n packets on each path, one on all of them every so often, and waits for the slowest.
func runTrains(ctx context.Context, paths []path, n int, every, longest time.Duration) (trains []*train, err error) {
	defer func() {
		for _, t := range trains {
			t.close()
		}
	}()
	for _, p := range paths {
		t, err := newTrain(p.from, p.to)
		if err != nil {
			return trains, err
		}
		trains = append(trains, t)
	}
	for range n {
		next := time.Now().Add(every)
		for _, t := range trains {
			if err := t.send(); err != nil {
				return trains, err
			}
		}
		// However long sending took, a pause leaves a guest's only processor to NetEm's timers.
		if err := pause(ctx, max(every/2, time.Until(next))); err != nil {
			return trains, err
		}
	}
	if err := pause(ctx, longest+stragglers); err != nil {
		return trains, err
	}
	for _, t := range trains {
		if err := t.look(); err != nil {
			return trains, err
		}
	}
	return trains, nil
}

// pause waits for d, or until ctx ends and then returns its error.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// StartProbe samples the delay between two hosts while something else runs: it sends a packet from one to the other every
// so often until stop, which waits for the packets under way and returns the delay of all. The two hosts should carry no
// load, so that no other queue than NetEm's delays the packets. The floor is the median of the last MeasureDelays, or 0.
func (tb *Testbed) StartProbe(from, to *Host, every time.Duration) (stop func() (DelayMeasurement, error), err error) {
	t, err := newTrain(from, to)
	if err != nil {
		return nil, err
	}
	asked, floor := Delay{}, time.Duration(tb.floor.Load())
	if tb.Topology.Delay != nil {
		asked = tb.Topology.Delay(from.Name, to.Name).filled()
	}
	ctx, end := context.WithCancel(context.Background())
	sent := make(chan error, 1)
	go func() {
		var err error
		for err == nil && pause(ctx, every) == nil {
			err = t.send()
		}
		sent <- err
	}()
	return func() (DelayMeasurement, error) {
		defer t.close()
		end()
		err := <-sent
		if err == nil {
			time.Sleep(asked.Quantile(1) + stragglers)
			err = t.look()
		}
		if err != nil {
			return DelayMeasurement{}, err
		}
		return t.measurement(asked, floor), nil
	}, nil
}
