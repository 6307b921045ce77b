package netem

import (
	"context"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// traffic is loops that keep links full while goodput is measured.
type traffic struct {
	loops   sync.WaitGroup
	stopped atomic.Bool
	failed  chan error
}

// loop repeats step until the traffic is stopped; an error before that ends the measurement.
func (t *traffic) loop(step func() error) {
	t.loops.Go(func() {
		for {
			err := step()
			switch {
			case t.stopped.Load():
				return
			case err != nil:
				select {
				case t.failed <- err:
				default: // another failed first
				}
				return
			}
		}
	})
}

// measure lets the traffic run through ramp-up and window. It returns the length of the window and by how much what
// received counts grew in it, per second.
func (t *traffic) measure(ctx context.Context, p plan, received func() ([2]float64, error)) (
	perSecond [2]float64, window time.Duration, err error,
) {
	if err := t.run(ctx, p.rampUp); err != nil {
		return perSecond, 0, err
	}
	start := time.Now()
	before, err := received()
	if err != nil {
		return perSecond, 0, err
	}
	if err := t.run(ctx, p.window); err != nil {
		return perSecond, 0, err
	}
	window = time.Since(start)
	after, err := received()
	for i := range perSecond {
		perSecond[i] = (after[i] - before[i]) / window.Seconds()
	}
	return perSecond, window, err
}

// run lets the traffic run for d, unless a loop fails or ctx ends.
func (t *traffic) run(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case err := <-t.failed:
		return err
	}
}

// chunkBytes is what a flow reads or writes at once: large, so that measuring takes little CPU time.
const chunkBytes = 256 << 10

// flows are TCP connections of one host that are kept full in both directions.
type flows struct {
	traffic
	near, far []net.Conn // their ends at the host and at its peers
}

// startFlows connects the host to each peer n times and fills the connections.
func startFlows(ctx context.Context, h *Host, peers []*Host, n int) (*flows, error) {
	f := &flows{traffic: traffic{failed: make(chan error, 1)}}
	for range n {
		for _, peer := range peers {
			near, far, err := connect(ctx, h, peer)
			if err != nil {
				f.stop()
				return nil, err
			}
			f.near, f.far = append(f.near, near), append(f.far, far)
			for _, c := range []net.Conn{near, far} {
				for _, transfer := range []func([]byte) (int, error){c.Write, c.Read} {
					chunk := make([]byte, chunkBytes)
					f.loop(func() error {
						_, err := transfer(chunk)
						return err
					})
				}
			}
		}
	}
	return f, nil
}

// connect opens one connection and returns both its ends.
func connect(ctx context.Context, from, to *Host) (near, far net.Conn, err error) {
	l, err := to.Listen(ctx, 0)
	if err != nil {
		return nil, nil, err
	}
	defer l.Close()
	if near, err = from.Dial(ctx, l.Addr().String()); err != nil {
		return nil, nil, err
	}
	if far, err = l.Accept(); err != nil {
		near.Close()
		return nil, nil, err
	}
	return near, far, nil
}

// stop resets the connections: what is still queued in them must not disturb the next measurement.
func (f *flows) stop() {
	f.stopped.Store(true)
	for _, c := range slices.Concat(f.near, f.far) {
		_ = c.(*net.TCPConn).SetLinger(0)
		c.Close()
	}
	f.loops.Wait()
}

// received is how many bits of payload have come up to the peers and down to the host, each counted once. The kernel
// counts them. What the readers read would not do: where they wait for a processor, megabytes pile up in the sockets
// and come out later, faster than the link.
func (f *flows) received() (bits [2]float64, err error) {
	for i, ends := range [2][]net.Conn{f.far, f.near} {
		for _, c := range ends {
			err := control(c.(*net.TCPConn), func(fd int) error {
				info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
				if err == nil {
					bits[i] += 8 * float64(info.Bytes_received)
				}
				return err
			})
			if err != nil {
				return bits, fmt.Errorf("ask for bytes received: %w", err)
			}
		}
	}
	return bits, nil
}

// measureGoodput measures a host's link once.
func measureGoodput(ctx context.Context, h *Host, peers []*Host, p plan) ([]LinkMeasurement, error) {
	before, err := h.counted()
	if err != nil {
		return nil, err
	}
	f, err := startFlows(ctx, h, peers, max(1, p.flows/len(peers)))
	if err != nil {
		return nil, err
	}
	bits, window, err := f.measure(ctx, p, f.received)
	f.stop()
	if err != nil {
		return nil, err
	}
	m := LinkMeasurement{UpBits: bits[0], DownBits: bits[1], Window: window}
	for _, peer := range peers {
		m.Peers = append(m.Peers, peer.Name)
	}
	after, err := h.counted()
	m.Drops = after.Since(before).drops()
	return []LinkMeasurement{m}, err
}
