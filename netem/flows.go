package netem

import (
	"context"
	"io"
	"net"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// chunkBytes is what a flow reads or writes at once: large, so that measuring takes little CPU time.
const chunkBytes = 256 << 10

// flows are connections of one host that are kept full in both directions.
type flows struct {
	up, down atomic.Int64 // bytes received at the peers and at the host

	conns   []net.Conn
	group   errgroup.Group
	stopped atomic.Bool
	failed  chan struct{}
}

// startFlows connects the host to each peer n times and fills the connections.
func startFlows(ctx context.Context, h *Host, peers []*Host, n int) (*flows, error) {
	f := &flows{failed: make(chan struct{}, 1)}
	for range n {
		for _, peer := range peers {
			near, far, err := connect(ctx, h, peer)
			if err != nil {
				f.stop()
				return nil, err
			}
			f.conns = append(f.conns, near, far)
			f.fill(near)
			f.fill(far)
			f.drain(near, &f.down)
			f.drain(far, &f.up)
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

func (f *flows) drain(c net.Conn, received *atomic.Int64) {
	chunk := make([]byte, chunkBytes)
	f.loop(func() error {
		n, err := c.Read(chunk)
		received.Add(int64(n))
		return err
	})
}

// loop repeats step until the flows are stopped; an error before that ends the measurement.
func (f *flows) loop(step func() error) {
	f.group.Go(func() error {
		for {
			err := step()
			switch {
			case f.stopped.Load():
				return nil
			case err != nil:
				select {
				case f.failed <- struct{}{}:
				default:
				}
				return err
			}
		}
	})
}

// run lets the flows run for d. When it returns an error the flows are stopped.
func (f *flows) run(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		f.stop()
		return ctx.Err()
	case <-f.failed:
		return f.stop()
	}
}

// stop resets the connections: what is still queued in them must not disturb the next measurement.
func (f *flows) stop() error {
	f.stopped.Store(true)
	for _, c := range f.conns {
		c.(*net.TCPConn).SetLinger(0)
		c.Close()
	}
	return f.group.Wait()
}

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
	go io.CopyBuffer(struct{ io.Writer }{far}, struct{ io.Reader }{far}, make([]byte, pingBytes))
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
