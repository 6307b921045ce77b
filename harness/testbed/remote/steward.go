package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/testbed"
	"github.com/powbench/powbench/storage/scratch"
)

// What the steward of a machine answers.
const (
	openCall    control.Method[openSpec, opened]             = "open" // first
	timeCall    control.Method[control.Nothing, int64]       = "time" // of the machine's own clock, ns
	cpuCall     control.Method[control.Nothing, testbed.CPU] = "cpu"
	folderCall  control.Method[string, string]               = "folder" // makes it, empty
	removeCall  control.Method[string, control.Nothing]      = "remove" // a folder that folderCall made
	answerCall  control.Method[string, string]               = "answer" // listens for measurements at an address; returns host:port
	pingCall    control.Method[pingSpec, []int64]            = "ping"   // round trips, ns
	fillCall    control.Method[fillSpec, flowed]             = "fill"
	receiveCall control.Method[window, float64]              = "receive" // bit/s that arrive meanwhile at connections that others filled
	loadCall    control.Method[control.Nothing, float64]     = "load"    // average, of one minute
)

// An openSpec says what a machine is to be used for.
type openSpec struct {
	Scratch string // folder for databases; empty for the temporary one
	Address string // where processes listen; empty for what the machine's name resolves to
}

// opened is what a steward found.
type opened struct {
	Machine result.Machine
	Address netip.Addr
	Load    float64 // average of the last minute
}

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

// Serve is a machine's steward: it looks after the machine for one run, until in ends. Then nothing of the run is left there.
func Serve(ctx context.Context, in io.Reader, out io.WriteCloser) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &steward{folders: map[string]bool{}}
	defer s.close()
	control.Serve(ctx, in, out, control.HandleOnce(openCall, s.open))
}

// steward is the state of one.
type steward struct {
	scratch *scratch.Folder
	lock    *os.File // held while it is open

	mu       sync.Mutex
	folders  map[string]bool
	listener net.Listener
	filled   []*net.TCPConn // by others
}

// lockName is that of the file that a machine's only run holds.
const lockName = "powbench.lock"

func (s *steward) open(_ context.Context, spec openSpec) (o opened, _ []control.Handler, err error) {
	root := spec.Scratch
	if root == "" {
		root = os.TempDir()
	}
	if s.scratch, err = scratch.New(root, "powbench-data-"); err != nil {
		return o, nil, err
	}
	if s.lock, err = lock(filepath.Join(root, lockName)); err != nil {
		return o, nil, err
	}
	if o.Machine, err = testbed.Machine(s.scratch.Dir); err != nil {
		return o, nil, err
	}
	if o.Address, err = address(spec.Address); err != nil {
		return o, nil, err
	}
	o.Load, _ = s.load(context.Background(), control.Nothing{})
	return o, []control.Handler{
		control.Handle(timeCall, func(context.Context, control.Nothing) (int64, error) { return clock.Raw(), nil }),
		control.Handle(cpuCall, func(context.Context, control.Nothing) (testbed.CPU, error) { return testbed.ReadCPU() }),
		control.Handle(folderCall, s.folder), control.Handle(removeCall, s.remove), control.Handle(loadCall, s.load),
		control.Handle(answerCall, s.answer), control.Handle(pingCall, ping), control.Handle(fillCall, fill),
		control.Handle(receiveCall, s.receive),
	}, nil
}

// lock keeps other runs off the machine until this process ends.
func lock(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			err = fmt.Errorf("another run uses this machine (%s): wait for its end, or give it another scratch folder", name)
		}
		return nil, err
	}
	return f, nil
}

// address is where processes of this machine listen.
func address(wanted string) (netip.Addr, error) {
	if wanted != "" {
		return netip.ParseAddr(wanted)
	}
	name, err := os.Hostname()
	if err != nil {
		return netip.Addr{}, err
	}
	all, err := net.DefaultResolver.LookupNetIP(context.Background(), "ip4", name)
	for _, a := range all {
		if a = a.Unmap(); !a.IsLoopback() {
			return a, nil
		}
	}
	return netip.Addr{}, errors.Join(fmt.Errorf("no address of %q but loopback: name one under addresses", name), err)
}

func (s *steward) load(context.Context, control.Nothing) (average float64, err error) {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0, err
	}
	_, err = fmt.Sscan(string(text), &average)
	return average, err
}

// folder makes an empty folder for what processes store.
func (s *steward) folder(_ context.Context, name string) (string, error) {
	if name == "" || strings.ContainsAny(name, "/\\") || name[0] == '.' {
		return "", fmt.Errorf("%q is no name of a folder", name)
	}
	dir := filepath.Join(s.scratch.Dir, name)
	if err := errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o755)); err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.folders[dir] = true
	return dir, nil
}

// remove removes a folder that folder made, and no other.
func (s *steward) remove(_ context.Context, dir string) (none control.Nothing, err error) {
	s.mu.Lock()
	mine := s.folders[dir]
	delete(s.folders, dir)
	s.mu.Unlock()
	if !mine {
		return none, fmt.Errorf("%s was not made for this run", dir)
	}
	return none, os.RemoveAll(dir)
}

// close leaves nothing behind.
func (s *steward) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener != nil {
		s.listener.Close()
	}
	for _, c := range s.filled {
		c.Close()
	}
	if s.scratch != nil {
		_ = s.scratch.Remove() // what is left, the next start removes
	}
}

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

// dial connects to a peer that answers.
func dial(ctx context.Context, peer string, purpose byte) (*net.TCPConn, error) {
	c, err := new(net.Dialer).DialContext(ctx, "tcp4", peer)
	if err != nil {
		return nil, err
	}
	if _, err := c.Write([]byte{purpose}); err != nil {
		c.Close()
		return nil, err
	}
	return c.(*net.TCPConn), nil
}

// ping measures round trips of small messages, after a few that warm the connection up.
func ping(ctx context.Context, spec pingSpec) ([]int64, error) {
	c, err := dial(ctx, spec.Peer, toPing)
	if err != nil {
		return nil, err
	}
	defer c.Close()
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
			c, err := dial(ctx, peer, toFill)
			if err != nil {
				return f, err
			}
			all = append(all, c)
			go bothWays(c)
		}
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
	of := conns()
	begun, before := clock.Raw(), received(of)
	if err := clock.Sleep(ctx, time.Duration(w.LengthNs)); err != nil {
		return 0, err
	}
	bits := 8 * float64(received(of)-before)
	return bits / (float64(clock.Raw()-begun) / 1e9), nil
}

func received(conns []*net.TCPConn) (bytes uint64) {
	for _, c := range conns {
		raw, err := c.SyscallConn()
		if err != nil {
			continue // it has ended, as have all those that an earlier measurement filled
		}
		_ = raw.Control(func(fd uintptr) {
			if info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
				bytes += info.Bytes_received
			}
		})
	}
	return bytes
}
