// Package testbed lays out the machines and the network that processes run on. Its users see hosts, processes and
// perhaps links; only this package knows of which kind they are. It imports control, result, netem and storage/scratch;
// cluster, study and the command import it.
package testbed

import (
	"context"
	"io"
	"net/netip"
	"time"

	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/netem"
)

// A Spec is the testbed that a study asks for.
type Spec struct {
	Servers, Clients int    // hosts of each kind
	Topology         string // as the manifest names it
	RateBits         int64  // of each link and direction, on the wire; 0 for links without a shaper
	QueueBytes       int64  // before each link and direction; 0 for the usual ones
	Congestion       string // TCP's congestion control
	Offload          bool   // packets of up to 64 KiB may pass the links whole
	Delays           *Delays
	Tolerance        float64 // how far a link's goodput may be from what its rate promises, as a share
	Scratch          string  // folder below which databases lie
}

// Delays say what NetEm does to packets between hosts.
type Delays struct {
	// Between tells of a packet from one host to another, both by their number, from 0, among those of their kind.
	Between   func(from, to int) Delay
	Asked     []result.Delay // the same, as the manifest keeps it
	Tolerance DelayTolerance // while nothing else runs
}

// Delay says what NetEm does to the packets from one host to another.
type Delay = netem.Delay

// DelayTolerance is how far measured delays may be from those asked for.
type DelayTolerance = netem.DelayTolerance

// Counters count what passes one host's link.
type Counters = netem.Counters

// A Testbed is hosts that are up. Its methods may be called from any goroutine.
type Testbed interface {
	// Describe is the testbed as the manifest keeps it, without measurements.
	Describe() result.Testbed
	Machine() (result.Machine, error)
	// Hosts that carry servers, and those that carry clients.
	Hosts() (servers, clients []Host)
	// Calibrate measures the network and notes what it finds.
	Calibrate(ctx context.Context, note func(string)) (Network, error)
	// CPU tells how the processors' time was used so far, by machine.
	CPU() (map[string]CPU, error)
	// KeepAwake keeps the processors from going to sleep until Close.
	KeepAwake() error
	// Close kills the processes that still run and removes all that the testbed was made of.
	Close() error
}

// A Host carries processes.
type Host interface {
	Name() string
	// Machine is the name of the machine that the host is on; empty for this one.
	Machine() string
	Addr() netip.Addr
	// Folder makes an empty folder on the host for what its processes store.
	Folder(name string) (dir string, remove func() error, err error)
	// Start runs `powbench role` on the host; what it logs goes to log. It dies with this process.
	Start(role string, log io.Writer) (control.Process, error)
}

// A Shaper is a testbed that can cut, count and delay its links. Plain loopback cannot.
type Shaper interface {
	// Cut takes a host's link down or up again.
	Cut(h Host, down bool) error
	// SetRate gives a host's link a rate of its own, in bit/s on the wire; 0 is that of all links again.
	SetRate(h Host, bitsPerSecond int64) error
	// Counters tells what has passed the links of the servers' hosts so far, with a shaper or without.
	Counters() ([]Counters, error)
	// Delay returns what NetEm does to packets from one host to another.
	Delay(from, to Host) Delay
	// StartProbe samples the delay between two hosts that carry nothing else, until stop.
	StartProbe() (stop func() (result.MeasuredDelay, error), err error)
}

// Machines is a testbed of several machines. They have clocks of their own, which are set to this machine's as well as can be, and
// each may be lost.
type Machines interface {
	// Uncertainty is how far times of processes that were started so long ago may be off, either way. It reads all clocks once
	// more; the error names one that cannot be trusted.
	Uncertainty(since time.Duration) (time.Duration, error)
	// Watch returns a context like ctx that also ends when a machine is lost: its cause says which, and why. Call stop when the
	// testbed is not used any more.
	Watch(ctx context.Context) (_ context.Context, stop func())
}

// A Network is the links as measured.
type Network struct {
	Links  []result.Link
	Delays []result.MeasuredDelay // with NetEm
	Trips  []result.RoundTrip     // of machines, with NetEm
	Off    string                 // what is not as the Spec asks for; empty if all is
}

// CanDelay returns nil if this machine's kernel can delay packets, or says what is missing.
func CanDelay() error { return netem.CanDelay() }
