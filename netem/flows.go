package netem

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// chunkBytes is what a flow reads or writes at once: large, so that measuring takes little CPU time.
const chunkBytes = 256 << 10

// flows are connections of one host that are kept full in both directions.
type flows struct {
	near, far []net.Conn // their ends at the host and at its peers

	loops   sync.WaitGroup
	stopped atomic.Bool
	failed  chan error
}

// startFlows connects the host to each peer n times and fills the connections.
func startFlows(ctx context.Context, h *Host, peers []*Host, n int) (*flows, error) {
	f := &flows{failed: make(chan error, 1)}
	for range n {
		for _, peer := range peers {
			near, far, err := connect(ctx, h, peer)
			if err != nil {
				f.stop()
				return nil, err
			}
			f.near, f.far = append(f.near, near), append(f.far, far)
			for _, c := range []net.Conn{near, far} {
				f.fill(c)
				f.drain(c)
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

func (f *flows) fill(c net.Conn) {
	chunk := make([]byte, chunkBytes)
	f.loop(func() error {
		_, err := c.Write(chunk)
		return err
	})
}

func (f *flows) drain(c net.Conn) {
	chunk := make([]byte, chunkBytes)
	f.loop(func() error {
		_, err := c.Read(chunk)
		return err
	})
}

// received is how many payload bytes have come up to the peers and down to the host, each counted once.
func (f *flows) received() (up, down uint64, err error) {
	up, err = bytesReceived(f.far)
	if err != nil {
		return 0, 0, err
	}
	down, err = bytesReceived(f.near)
	return up, down, err
}

// bytesReceived asks the kernel. What the readers read would not do: where they wait for a processor, megabytes pile
// up in the sockets and come out later, faster than the link.
func bytesReceived(conns []net.Conn) (sum uint64, err error) {
	for _, c := range conns {
		raw, err := c.(*net.TCPConn).SyscallConn()
		if err != nil {
			return 0, err
		}
		var info *unix.TCPInfo
		var infoErr error
		err = raw.Control(func(fd uintptr) {
			info, infoErr = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		})
		if err := errors.Join(err, infoErr); err != nil {
			return 0, fmt.Errorf("ask for bytes received: %w", err)
		}
		sum += info.Bytes_received
	}
	return sum, nil
}

// loop repeats step until the flows are stopped; an error before that ends the measurement.
func (f *flows) loop(step func() error) {
	f.loops.Go(func() {
		for {
			err := step()
			switch {
			case f.stopped.Load():
				return
			case err != nil:
				select {
				case f.failed <- err:
				default: // another failed first
				}
				return
			}
		}
	})
}

// run lets the flows run for d, unless one fails or ctx ends.
func (f *flows) run(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case err := <-f.failed:
		return err
	}
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

// pingBytes is the size of a small message, there and back.
const pingBytes = 64

// ping measures n round trips of small messages over one connection, after a few that warm it up.
func ping(ctx context.Context, from, to *Host, n int) ([]time.Duration, error) {
	near, far, err := connect(ctx, from, to)
	if err != nil {
		return nil, err
	}
	defer near.Close()
	defer far.Close()
	defer context.AfterFunc(ctx, func() { near.Close(); far.Close() })()
	go func() { // it ends with the connection, which the near side judges
		_, _ = io.CopyBuffer(struct{ io.Writer }{far}, struct{ io.Reader }{far}, make([]byte, pingBytes))
	}()
	const warmUp = 20
	samples := make([]time.Duration, warmUp+n)
	message := make([]byte, pingBytes)
	for i := range samples {
		start := time.Now()
		if _, err := near.Write(message); err != nil {
			return nil, err
		}
		if _, err := io.ReadFull(near, message); err != nil {
			return nil, err
		}
		samples[i] = time.Since(start)
	}
	return samples[warmUp:], nil
}

func summarise(samples []time.Duration) (mean, p50, p99 time.Duration) {
	slices.Sort(samples)
	for _, s := range samples {
		mean += s
	}
	n := len(samples)
	return mean / time.Duration(n), samples[n/2], samples[n*99/100]
}
