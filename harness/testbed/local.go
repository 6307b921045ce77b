package testbed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/prometheus/procfs"

	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/netem"
	"github.com/powbench/powbench/netem/guest"
	"github.com/powbench/powbench/storage/scratch"
)

// loopback is a testbed on this machine whose hosts are all 127.0.0.1. It has no links to rule.
type loopback struct {
	spec             Spec
	net              *netem.Testbed
	why              string // it is no better
	servers, clients []Host
	scratch          *scratch.Folder
	awake            control.Process // keeps the cores awake; nil until it is asked for
}

// namespaces is a testbed on this machine whose hosts are network namespaces. It is a Shaper.
type namespaces struct{ *loopback }

// scratchPrefix begins the name of a testbed's folder of databases.
const scratchPrefix = "powbench-data-"

// Open makes the testbed on this machine. If the machine allows no namespaces, the testbed is plain loopback; progress
// and Describe say so. A testbed with delays is refused then.
func Open(ctx context.Context, spec Spec, progress io.Writer) (_ Testbed, err error) {
	topology := spec.topology()
	l := &loopback{spec: spec}
	mode, reason := spec.mode()
	switch {
	case mode != netem.ModeLoopback:
		if l.net, err = netem.New(ctx, topology); err != nil {
			return nil, err
		}
	case spec.Delays != nil && reason == nil:
		return nil, errors.New("plain loopback delays nothing: ask for delays on hosts of their own")
	case spec.Delays != nil:
		return nil, fmt.Errorf("the experiment's delays need hosts of their own: %w", reason)
	case spec.Topology == result.Loopback:
		l.net = netem.NewLoopback(topology)
	default:
		fmt.Fprintf(progress, "\n!!! UNSHAPED: this run uses plain loopback, whose numbers say nothing about the paper's network.\n"+
			"!!! %v\n\n", reason)
		l.net, l.why = netem.NewLoopback(topology), reason.Error()
	}
	if l.scratch, err = HoldScratch(spec.Scratch); err != nil {
		return nil, errors.Join(fmt.Errorf("no folder for the servers' databases: %w", err), l.net.Close())
	}
	l.servers, l.clients = l.hosts("server", spec.Servers), l.hosts("client", spec.Clients)
	if mode == netem.ModeLoopback {
		return l, nil
	}
	return namespaces{l}, nil
}

// mode is how hosts are laid out: as the machine allows, and if it is loopback though that was not asked for, why.
func (s Spec) mode() (netem.Mode, error) {
	if s.Topology == result.Loopback {
		return netem.ModeLoopback, nil
	}
	return netem.Available()
}

// NewLoopback returns this machine as a host for a cluster to play with. It has no folder.
func NewLoopback() Host {
	return &host{Host: netem.NewLoopback(netem.Topology{Hosts: []string{"local"}}).Host("local")}
}

// HoldScratch makes a folder for databases below root, which lasts until it is removed or this process ends.
func HoldScratch(root string) (*scratch.Folder, error) { return scratch.New(root, scratchPrefix) }

// topology is the testbed as netem lays it out: servers first, so that the links' measurements fill the servers' link.
func (s Spec) topology() netem.Topology {
	t := netem.Topology{RateBits: s.RateBits, QueueBytes: s.QueueBytes, Congestion: s.Congestion, NoOffload: !s.Offload}
	number := map[string]int{} // of each host among its kind
	add := func(kind string, n int) {
		for i := range n {
			number[hostName(kind, i)] = i
			t.Hosts = append(t.Hosts, hostName(kind, i))
		}
	}
	add("server", s.Servers)
	add("client", s.Clients)
	if s.Delays != nil {
		add("probe", 2)
		t.Delay = func(from, to string) Delay { return s.Delays.Between(number[from], number[to]) }
	}
	return t
}

func hostName(kind string, i int) string { return fmt.Sprintf("%s-%d", kind, i+1) }

func (l *loopback) hosts(kind string, n int) (all []Host) {
	for i := range n {
		all = append(all, &host{l.net.Host(hostName(kind, i)), l.scratch.Dir})
	}
	return all
}

func (l *loopback) Hosts() (servers, clients []Host) { return l.servers, l.clients }

func (l *loopback) Machine() (result.Machine, error) { return Machine(l.scratch.Dir) }

// CPU implements Testbed: all hosts are on this machine.
func (l *loopback) CPU() (map[string]CPU, error) {
	c, err := l.cpu()
	return map[string]CPU{"": c}, err
}

// cpu is this machine's. What keeps the cores awake yields to anybody: its time is idle time.
func (l *loopback) cpu() (CPU, error) {
	c, err := ReadCPU()
	p, ok := l.awake.(process)
	if err != nil || !ok {
		return c, err
	}
	proc, err := procfs.NewProc(p.Pid)
	if err != nil {
		return c, fmt.Errorf("the process that keeps the cores awake has ended: %w", err)
	}
	stat, err := proc.Stat()
	c.Idle += stat.CPUTime()
	return c, err
}

func (l *loopback) Describe() result.Testbed {
	d := result.Testbed{
		Mode: string(l.net.Mode), Topology: l.spec.Topology, Shaped: l.net.Topology.RateBits > 0, Why: l.why,
		Unlimited: l.spec.RateBits == 0 && l.why == "",
		RateBits:  l.net.Topology.RateBits, QueueBytes: l.net.Topology.Queue(), Congestion: l.net.Topology.Congestion,
		Hosts: l.net.Topology.Hosts, Sysctls: l.net.Sysctls, Guest: guest.Current(), Offload: l.spec.Offload,
	}
	if l.spec.Delays != nil {
		d.Delays = l.spec.Delays.Asked
	}
	return d
}

// KeepAwake implements Testbed. In a guest it does nothing: the machine outside keeps the real cores awake.
func (l *loopback) KeepAwake() (err error) {
	if guest.Current() != "" {
		return nil
	}
	l.awake, err = l.clients[0].Start("awake", nil)
	return err
}

func (l *loopback) Close() error { return errors.Join(l.net.Close(), l.scratch.Remove()) }

// host is a host of this machine.
type host struct {
	*netem.Host
	scratch string
}

func (h *host) Name() string { return h.Host.Name }

func (h *host) Machine() string { return "" }

func (h *host) Folder(name string) (dir string, remove func() error, err error) {
	dir = filepath.Join(h.scratch, h.Name(), name)
	return dir, func() error { return os.RemoveAll(dir) }, os.MkdirAll(dir, 0o755)
}

func (h *host) Start(role string, log io.Writer) (control.Process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, role)
	cmd.Stderr = log
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p, err := h.Host.Start(cmd)
	if err != nil {
		return nil, err
	}
	return process{stdout, stdin, p}, nil
}

// process is a process of this machine.
type process struct {
	io.Reader
	io.WriteCloser
	*netem.Process
}

func (p process) Kill() error {
	if err := p.Signal(os.Kill); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-p.Done()
	return nil
}

// Cut implements Shaper.
func (n namespaces) Cut(h Host, down bool) error { return n.net.Host(h.Name()).SetUp(!down) }

// SetRate implements Shaper.
func (n namespaces) SetRate(h Host, bitsPerSecond int64) error {
	return n.net.Host(h.Name()).SetRate(bitsPerSecond)
}

// Counters implements Shaper.
func (n namespaces) Counters() (all []Counters, err error) {
	for _, h := range n.servers {
		c, err := n.net.Host(h.Name()).Counters()
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// Delay implements Shaper.
func (n namespaces) Delay(from, to Host) Delay {
	if of := n.net.Topology.Delay; of != nil {
		return of(from.Name(), to.Name())
	}
	return Delay{}
}
