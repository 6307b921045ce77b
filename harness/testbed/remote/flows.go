package remote

import (
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/powbench/powbench/harness/clock"
)

// A window is how long to measure, after how long to get going, ns.
type window struct{ RampNs, LengthNs int64 }

type pingSpec struct {
	Peer string
	N    int
}

type fillSpec struct {
	Peers []string // each of which answers
	Flows int      // connections to each
	window
}

// flowed is what passed in the window, in bit/s.
type flowed struct{ Down float64 }

// What a connection of a measurement is for, by its first byte.
const (
	toPing = 'p'
	toFill = 'f'
)

// answer listens for measurements, once.
func (s *steward) answer(_ context.Context, addr string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener != nil {
		return s.listener.Addr().String(), nil
	}
	l, err := net.Listen("tcp4", net.JoinHostPort(addr, "0"))
	if err != nil {
		return "", err
	}
	s.listener = l
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.serve(c.(*net.TCPConn))
		}
	}()
	return l.Addr().String(), nil
}

// serve answers one connection.
func (s *steward) serve(c *net.TCPConn) {
	defer c.Close()
	var purpose [1]byte
	if _, err := io.ReadFull(c, purpose[:]); err != nil {
		return
	}
	if purpose[0] == toPing {
		_, _ = io.CopyBuffer(struct{ io.Writer }{c}, struct{ io.Reader }{c}, make([]byte, pingBytes))
		return
	}
	s.mu.Lock()
	s.filled = append(s.filled, c)
	s.mu.Unlock()
	bothWays(c)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.filled = slices.DeleteFunc(s.filled, func(x *net.TCPConn) bool { return x == c })
}

const (
	pingBytes  = 64
	chunkBytes = 256 << 10
)

// bothWays fills a connection in both directions until it ends.
func bothWays(c *net.TCPConn) {
	var loops sync.WaitGroup
	for _, transfer := range []func([]byte) (int, error){c.Write, c.Read} {
		loops.Go(func() {
			chunk := make([]byte, chunkBytes)
			for {
				if _, err := transfer(chunk); err != nil {
					c.Close()
					return
				}
			}
		})
	}
	loops.Wait()
}

// dial connects to a peer that answers. It does so when it is told the purpose, by a first byte.
func dial(ctx context.Context, peer string) (*net.TCPConn, error) {
	c, err := new(net.Dialer).DialContext(ctx, "tcp4", peer)
	if err != nil {
		return nil, err
	}
	return c.(*net.TCPConn), nil
}

// ping measures round trips of small messages, after a few that warm the connection up.
func ping(ctx context.Context, spec pingSpec) ([]int64, error) {
	c, err := dial(ctx, spec.Peer)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if _, err := c.Write([]byte{toPing}); err != nil {
		return nil, err
	}
	defer context.AfterFunc(ctx, func() { c.Close() })()
	const warmUp = 20
	message := make([]byte, pingBytes)
	var all []int64
	for i := range warmUp + spec.N {
		begun := clock.Raw()
		if _, err := c.Write(message); err != nil {
			return nil, err
		}
		if _, err := io.ReadFull(c, message); err != nil {
			return nil, err
		}
		if i >= warmUp {
			all = append(all, clock.Raw()-begun)
		}
	}
	return all, nil
}

// fill fills connections to the peers in both directions and measures what arrives here.
func fill(ctx context.Context, spec fillSpec) (f flowed, err error) {
	var all []*net.TCPConn
	defer func() {
		for _, c := range all {
			_ = c.SetLinger(0)
			c.Close()
		}
	}()
	for range spec.Flows {
		for _, peer := range spec.Peers {
			c, err := dial(ctx, peer)
			if err != nil {
				return f, err
			}
			all = append(all, c)
		}
	}
	for _, c := range all { // once all are there: on a link that others fill already, dozens would take longer than the ramp
		if _, err := c.Write([]byte{toFill}); err != nil {
			return f, err
		}
		go bothWays(c)
	}
	f.Down, err = arriving(ctx, spec.window, func() []*net.TCPConn { return all })
	return f, err
}

// receive measures what arrives at connections that others fill.
func (s *steward) receive(ctx context.Context, w window) (float64, error) {
	return arriving(ctx, w, func() []*net.TCPConn {
		s.mu.Lock()
		defer s.mu.Unlock()
		return append([]*net.TCPConn{}, s.filled...)
	})
}

// arriving is how many bit/s arrive at the connections in the window, as the kernel counts them: what readers read comes late where
// they wait for a processor.
func arriving(ctx context.Context, w window, conns func() []*net.TCPConn) (float64, error) {
	if err := clock.Sleep(ctx, time.Duration(w.RampNs)); err != nil {
		return 0, err
	}
	begun, before := clock.Raw(), received(conns())
	if err := clock.Sleep(ctx, time.Duration(w.LengthNs)); err != nil {
		return 0, err
	}
	bits := 0.0
	after := received(slices.Collect(maps.Keys(before)))
	if len(after) == 0 {
		return 0, errors.New("all connections broke while the link was measured")
	}
	for c, bytes := range after { // those of the measurement before may have ended only now
		bits += 8 * float64(bytes-before[c])
	}
	return bits / (float64(clock.Raw()-begun) / 1e9), nil
}

// received is the bytes that have arrived at each of the connections that have not ended.
func received(conns []*net.TCPConn) map[*net.TCPConn]uint64 {
	bytes := map[*net.TCPConn]uint64{}
	for _, c := range conns {
		raw, err := c.SyscallConn()
		if err != nil {
			continue
		}
		_ = raw.Control(func(fd uintptr) { // an error says that it has ended
			if info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
				bytes[c] = info.Bytes_received
			}
		})
	}
	return bytes
}
