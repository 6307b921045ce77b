package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/testbed"
)

// A cluster is a testbed of machines. Their links are as they are: it shapes, cuts and delays none.
type cluster struct {
	spec     testbed.Spec
	shell    Shell
	hosts    Hosts
	machines map[string]*machine
}

// Open installs powbench on every machine, starts a steward on each, and compares the clocks. An error names the machine and what
// to do.
func Open(ctx context.Context, spec testbed.Spec, hosts Hosts, sh Shell, progress io.Writer) (_ testbed.Testbed, err error) {
	if err := hosts.check(); err != nil {
		return nil, err
	}
	c := &cluster{spec: spec, shell: sh, hosts: hosts, machines: map[string]*machine{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	for _, name := range hosts.all() {
		c.machines[name] = &machine{cluster: c, name: name, log: progress}
	}
	var starting errgroup.Group
	for _, m := range c.machines {
		starting.Go(func() error { return m.open(ctx) })
	}
	if err := starting.Wait(); err != nil {
		return nil, err
	}
	if both := hosts.Shared(); len(both) > 0 {
		fmt.Fprintf(progress, "servers and clients share %s: each takes the other's processor\n", strings.Join(both, ", "))
	}
	c.compare(progress)
	return c, nil
}

// compare says in what the machines differ.
func (c *cluster) compare(progress io.Writer) {
	for what, of := range map[string]func(result.Machine) string{
		"processors": func(m result.Machine) string { return fmt.Sprintf("%d × %s", m.Cores, m.CPU) },
		"kernels":    func(m result.Machine) string { return m.Kernel },
	} {
		by := map[string][]string{}
		for _, name := range c.hosts.all() {
			is := of(c.machines[name].opened.Machine)
			by[is] = append(by[is], name)
		}
		if len(by) > 1 {
			fmt.Fprintf(progress, "machines have different %s:\n", what)
			for _, is := range slices.Sorted(maps.Keys(by)) {
				fmt.Fprintf(progress, "  %s: %s\n", is, strings.Join(by[is], ", "))
			}
		}
	}
}

// Hosts implements testbed.Testbed.
func (c *cluster) Hosts() (servers, clients []testbed.Host) {
	for _, name := range c.hosts.Servers {
		servers = append(servers, c.machines[name])
	}
	for _, name := range c.hosts.Clients {
		clients = append(clients, c.machines[name])
	}
	return servers, clients
}

// Describe implements testbed.Testbed.
func (c *cluster) Describe() result.Testbed {
	d := result.Testbed{
		Mode: c.shell.Name(), Topology: result.Spread, Unlimited: true, Congestion: c.spec.Congestion, Hosts: c.hosts.all(), Offload: true,
	}
	for _, name := range c.hosts.all() {
		m := c.machines[name]
		m.mu.Lock()
		d.Machines = append(d.Machines, result.RemoteMachine{
			Name: name, Address: m.opened.Address.String(), Machine: m.opened.Machine, Load: m.opened.Load,
			ClockErrorUs: float64(m.clock.last.error) / 1e3, ClockDriftPPM: 1e6 * m.clock.drift(),
		})
		m.mu.Unlock()
	}
	return d
}

// Machine implements testbed.Testbed: it is the first server's; Describe has all.
func (c *cluster) Machine() (result.Machine, error) {
	return c.machines[c.hosts.Servers[0]].opened.Machine, nil
}

// CPU implements testbed.Testbed: the sum of all machines'.
func (c *cluster) CPU() (sum testbed.CPU, err error) {
	all := slices.Collect(maps.Values(c.machines))
	reports := make([]testbed.CPU, len(all))
	var asking errgroup.Group
	for i, m := range all {
		asking.Go(func() (err error) {
			reports[i], err = control.Call(context.Background(), m.steward, cpuCall, control.Nothing{})
			return err
		})
	}
	err = asking.Wait()
	for _, r := range reports {
		sum.Total, sum.Idle, sum.Steal = sum.Total+r.Total, sum.Idle+r.Idle, sum.Steal+r.Steal
	}
	return sum, err
}

// KeepAwake implements testbed.Testbed. Machines of a cluster are left as they are.
func (c *cluster) KeepAwake() error { return nil }

// Close implements testbed.Testbed.
func (c *cluster) Close() error {
	var closing errgroup.Group
	for _, m := range c.machines {
		closing.Go(m.close)
	}
	return closing.Wait()
}

// Calibrate implements testbed.Testbed: it measures every machine's link against the first server's, and that against all others.
func (c *cluster) Calibrate(ctx context.Context, note func(string)) (n testbed.Network, err error) {
	note("measuring every link")
	names := c.hosts.all()
	if len(names) < 2 {
		return n, c.readClocks()
	}
	first := c.hosts.Servers[0]
	others := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == first })
	for _, name := range append([]string{first}, others...) {
		peers := []string{first}
		if name == first {
			peers = others
		}
		link, err := c.measure(ctx, name, peers)
		if err != nil {
			return n, fmt.Errorf("link of %s: %w", name, err)
		}
		note(fmt.Sprintf("link of %s: %.0f Mbit/s up, %.0f down, round trip %.0f µs", name, link.UpMbps, link.DownMbps, link.RTTUsP50))
		n.Links = append(n.Links, link)
	}
	return n, c.readClocks()
}

// How links are measured.
const (
	flows       = 4 // connections in all
	pings       = 500
	rampUp      = 400 * time.Millisecond
	measureTime = time.Second
)

// measure measures one machine's link.
func (c *cluster) measure(ctx context.Context, name string, peers []string) (l result.Link, err error) {
	m := c.machines[name]
	var addrs []string
	for _, p := range peers {
		peer := c.machines[p]
		addr, err := control.Call(ctx, peer.steward, answerCall, peer.opened.Address.String())
		if err != nil {
			return l, err
		}
		addrs = append(addrs, addr)
	}
	trips, err := control.Call(ctx, m.steward, pingCall, pingSpec{addrs[0], pings})
	if err != nil {
		return l, err
	}
	slices.Sort(trips)
	sum := int64(0)
	for _, t := range trips {
		sum += t
	}
	w := window{int64(rampUp), int64(measureTime)}
	up := make([]float64, len(peers))
	var filling errgroup.Group
	var down flowed
	filling.Go(func() (err error) {
		longer := window{w.RampNs, w.LengthNs + int64(200*time.Millisecond)} // so that it is full to the others' end
		down, err = control.Call(ctx, m.steward, fillCall, fillSpec{addrs, max(1, flows/len(peers)), longer})
		return err
	})
	for i, p := range peers {
		filling.Go(func() (err error) {
			up[i], err = control.Call(ctx, c.machines[p].steward, receiveCall, w)
			return err
		})
	}
	if err := filling.Wait(); err != nil {
		return l, err
	}
	l = result.Link{
		Host: name, Peer: strings.Join(peers, " "), DownMbps: down.Down / 1e6, MeasuredFor: measureTime.Seconds(), Attempts: 1,
		RTTUsMean: float64(sum) / float64(len(trips)) / 1e3, RTTUsP50: float64(trips[len(trips)/2]) / 1e3,
		RTTUsP99: float64(trips[len(trips)*99/100]) / 1e3, RTTSamples: len(trips),
	}
	for _, bits := range up {
		l.UpMbps += bits / 1e6
	}
	return l, nil
}

// readClocks reads every machine's clock once more.
func (c *cluster) readClocks() error {
	var wrong []error
	for _, name := range c.hosts.all() {
		wrong = append(wrong, c.machines[name].setClock())
	}
	return errors.Join(wrong...)
}

// A machine is a host of the cluster.
type machine struct {
	cluster *cluster
	name    string
	log     io.Writer
	binary  string // the path of powbench there
	steward *control.Client
	opened  opened

	mu    sync.Mutex
	clock timekeeper
}

// open installs powbench on the machine and starts its steward.
func (m *machine) open(ctx context.Context) (err error) {
	m.clock.name = m.name
	if m.binary, err = install(ctx, m.cluster.shell, m.name); err != nil {
		return err
	}
	p, err := m.start(m.log, "steward")
	if err != nil {
		return err
	}
	m.steward = control.NewClient(m.name, p)
	spec := openSpec{Scratch: m.cluster.hosts.Scratch, Address: m.cluster.hosts.Addresses[m.name]}
	if m.opened, err = control.Call(ctx, m.steward, openCall, spec); err != nil {
		return err
	}
	r, err := read(ctx, m.steward)
	if err != nil {
		return err
	}
	return m.clock.add(r)
}

// close ends the steward, which removes what the run left on the machine.
func (m *machine) close() error {
	if m.steward == nil {
		return nil
	}
	return m.steward.Stop()
}

// Name implements testbed.Host.
func (m *machine) Name() string { return m.name }

// Addr implements testbed.Host.
func (m *machine) Addr() netip.Addr { return m.opened.Address }

// Folder implements testbed.Host.
func (m *machine) Folder(name string) (dir string, remove func() error, err error) {
	dir, err = control.Call(context.Background(), m.steward, folderCall, name)
	return dir, func() error {
		_, err := control.Call(context.Background(), m.steward, removeCall, dir)
		return err
	}, err
}

// Start implements testbed.Host. The process's clock is this machine's, as far as is known.
func (m *machine) Start(role string, log io.Writer) (control.Process, error) {
	if err := m.setClock(); err != nil {
		return nil, err
	}
	return m.start(log, role)
}

// fresh is how old a reading of a clock may be when a process is started by it.
const fresh = time.Second

// setClock reads the machine's clock, unless somebody did just now.
func (m *machine) setClock() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if clock.Now()-m.clock.last.at < int64(fresh) {
		return nil
	}
	r, err := read(context.Background(), m.steward)
	if err != nil {
		return err
	}
	return m.clock.add(r)
}

func (m *machine) start(log io.Writer, role string) (control.Process, error) {
	m.mu.Lock()
	offset := clock.OffsetVariable + "=" + strconv.FormatInt(m.clock.last.offset, 10)
	m.mu.Unlock()
	cmd := m.cluster.shell.Command(m.name, "env", offset, m.binary, role)
	cmd.Stderr = log
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w: install it", m.cluster.shell.Name(), err)
	}
	p := &process{Reader: stdout, WriteCloser: stdin, cmd: cmd, done: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// Uncertainty implements testbed.Clocks.
func (c *cluster) Uncertainty(since time.Duration) (most time.Duration) {
	for _, m := range c.machines {
		m.mu.Lock()
		most = max(most, m.clock.uncertainty(since+fresh))
		m.mu.Unlock()
	}
	return most
}

// process is one on a machine, at the other end of a channel.
type process struct {
	io.Reader
	io.WriteCloser
	cmd  *exec.Cmd
	done chan struct{}
	err  error // valid once done is closed

	kill sync.Once
}

// Done implements control.Process.
func (p *process) Done() <-chan struct{} { return p.done }

// Wait implements control.Process.
func (p *process) Wait() error {
	<-p.done
	return p.err
}

// Kill implements control.Process: the process at the other end loses its channel, and ends.
func (p *process) Kill() error {
	p.kill.Do(func() {
		_ = p.Close()
		_ = p.cmd.Process.Kill()
	})
	<-p.done
	return nil
}
