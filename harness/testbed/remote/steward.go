package remote

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/testbed"
	"github.com/powbench/powbench/netem"
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
	delayCall   control.Method[delaySpec, control.Nothing]   = "delay"
	receiveCall control.Method[window, float64]              = "receive" // bit/s that arrive meanwhile at connections that others filled
	loadCall    control.Method[control.Nothing, float64]     = "load"    // average, of one minute
)

// An openSpec says what a machine is to be used for.
type openSpec struct {
	Scratch   string // folder for databases; empty for the temporary one
	Address   string // where processes listen; empty for what the machine's name resolves to
	Interface string // on which NetEm may have been left; empty for none
}

// opened is what a steward found.
type opened struct {
	Machine result.Machine
	Address netip.Addr
	NIC     string  // the interface that has the address
	Load    float64 // average of the last minute
	BootID  string  // of the kernel that runs there, which tells machines apart; empty if unknown
}

// Serve is a machine's steward: it looks after the machine for one run, until in ends. Then nothing of the run is left there.
func Serve(ctx context.Context, in io.Reader, out io.WriteCloser) {
	signal.Ignore(unix.SIGPIPE) // an answer that nobody hears any more must not end what is tidied up
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &steward{folders: map[string]bool{}}
	defer s.close()
	control.Serve(ctx, in, out, control.HandleOnce(openCall, s.open))
}

// steward is the state of one.
type steward struct {
	scratch *scratch.Folder
	lock    net.Listener // held while it is open

	mu       sync.Mutex
	outgoing *netem.Outgoing // what this machine delays; nil if nothing
	folders  map[string]bool
	listener net.Listener
	filled   []*net.TCPConn // by others
}

func (s *steward) open(ctx context.Context, spec openSpec) (o opened, _ []control.Handler, err error) {
	root := spec.Scratch
	if root == "" {
		root = os.TempDir()
	}
	if s.lock, err = lock(ctx, root); err != nil {
		return o, nil, err
	}
	if s.scratch, err = testbed.HoldScratch(root); err != nil {
		return o, nil, fmt.Errorf("no folder for databases: %w", err)
	}
	if spec.Interface != "" {
		if err := netem.UndelayOutgoing(spec.Interface); err != nil {
			return o, nil, err
		}
	}
	if o.Machine, err = testbed.Machine(s.scratch.Dir); err != nil {
		return o, nil, err
	}
	if o.Address, err = address(spec.Address); err != nil {
		return o, nil, err
	}
	o.NIC = testbed.NIC(o.Address)
	o.Load, _ = s.load(ctx, control.Nothing{})
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	o.BootID = strings.TrimSpace(string(boot))
	return o, []control.Handler{
		control.Handle(timeCall, func(context.Context, control.Nothing) (int64, error) { return clock.Raw(), nil }),
		control.Handle(cpuCall, func(context.Context, control.Nothing) (testbed.CPU, error) { return testbed.ReadCPU() }),
		control.Handle(folderCall, s.folder), control.Handle(removeCall, s.remove), control.Handle(loadCall, s.load),
		control.Handle(answerCall, s.answer), control.Handle(pingCall, ping), control.Handle(fillCall, fill),
		control.Handle(delayCall, s.delay),
		control.Handle(receiveCall, s.receive),
	}, nil
}

// lockPatience is how long the steward of a run that was killed just now may take to tidy up.
const lockPatience = 3 * time.Second

// lock keeps other runs off the machine until this process ends. It is a socket whose name is no file: it leaves nothing, does not
// care whose user had it before, and is this machine's though the folder may be on a file system that others share.
func lock(ctx context.Context, root string) (l net.Listener, err error) {
	if same, err := filepath.EvalSymlinks(root); err == nil {
		root = same
	}
	name := fmt.Sprintf("@powbench-%x", sha256.Sum256([]byte(root)))
	for begun := time.Now(); ; {
		l, err = net.Listen("unix", name)
		if !errors.Is(err, unix.EADDRINUSE) {
			return l, err
		}
		if time.Since(begun) > lockPatience {
			return nil, fmt.Errorf("another run uses this machine, or this run by another name, with databases in %s: wait for its end, "+
				"or give another scratch folder", root)
		}
		if err := clock.Sleep(ctx, 100*time.Millisecond); err != nil {
			return nil, err
		}
	}
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

// tidyPatience is how long servers may take to end that lost their channel at the same time, and still make files.
const tidyPatience = 5 * time.Second

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
	if s.outgoing != nil {
		_ = s.outgoing.Remove() // if not, the next start does
	}
	if s.scratch == nil {
		return
	}
	for begun := time.Now(); s.scratch.Remove() != nil && time.Since(begun) < tidyPatience; { // what is left then, the next start removes
		time.Sleep(50 * time.Millisecond)
	}
}
