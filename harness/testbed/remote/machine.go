package remote

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/control"
)

// A machine is a host of the cluster.
type machine struct {
	cluster *cluster
	name    string
	binary  string // the path of powbench there
	steward *control.Client
	said    *tail // by the steward, and by what connects to it
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
	m.said = new(tail)
	p, err := m.start(m.said, "steward")
	if err != nil {
		return err
	}
	m.steward = control.NewClient(m.name, p)
	spec := openSpec{Scratch: m.cluster.hosts.Scratch, Address: m.cluster.hosts.Addresses[m.name], Interface: m.cluster.hosts.Interfaces[m.name]}
	if m.opened, err = call(ctx, m, openCall, spec); err != nil {
		return err
	}
	go func() {
		<-m.steward.Done()
		m.cluster.lose(m.lost()) // without effect once the testbed closes
	}()
	return m.setClock()
}

// lost is the error of a machine whose steward has ended by itself, or whose connection has.
func (m *machine) lost() error {
	why := cmp.Or(m.steward.Wait(), errors.New("exit status 0"))
	return fmt.Errorf("lost %s: %w", m.name, explain(m.cluster.shell, m.name, why, string(m.said.text)))
}

// call calls a method of the machine's steward. If that has ended, the error says that the machine is lost, and why.
func call[Spec, Report any](ctx context.Context, m *machine, method control.Method[Spec, Report], spec Spec) (Report, error) {
	report, err := control.Call(ctx, m.steward, method, spec)
	if err == nil {
		return report, nil
	}
	select {
	case <-m.steward.Done():
		return report, m.lost()
	default:
		return report, err
	}
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

// Machine implements testbed.Host: the first name of the machine, which its kernel tells.
func (m *machine) Machine() string {
	if m.opened.BootID == "" {
		return m.name
	}
	all := m.cluster.hosts.all()
	return all[slices.IndexFunc(all, func(name string) bool { return m.cluster.machines[name].opened.BootID == m.opened.BootID })]
}

// Addr implements testbed.Host.
func (m *machine) Addr() netip.Addr { return m.opened.Address }

// Folder implements testbed.Host.
func (m *machine) Folder(name string) (dir string, remove func() error, err error) {
	dir, err = call(context.Background(), m, folderCall, name)
	return dir, func() error {
		_, err := call(context.Background(), m, removeCall, dir)
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
	if last := m.clock.last().at; last != 0 && clock.Now()-last < int64(fresh) {
		return nil
	}
	r, err := read(context.Background(), m)
	if err != nil {
		return err
	}
	return m.clock.add(r)
}

func (m *machine) start(log io.Writer, role string) (control.Process, error) {
	m.mu.Lock()
	offset := clock.OffsetVariable + "=" + strconv.FormatInt(m.clock.last().offset, 10)
	m.mu.Unlock()
	cmd := m.cluster.shell.Command(m.name, "env", offset, m.binary, role)
	cmd.Stderr = log
	own(cmd)
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
		p.err = wait(cmd)
		close(p.done)
	}()
	return p, nil
}

// process is one on a machine, at the other end of a channel.
type process struct {
	io.Reader
	io.WriteCloser
	cmd  *exec.Cmd
	done chan struct{}
	err  error // valid once done is closed
}

// Done implements control.Process.
func (p *process) Done() <-chan struct{} { return p.done }

// Wait implements control.Process.
func (p *process) Wait() error {
	<-p.done
	return p.err
}

// killPatience is how long a process may take to end once its channel has closed.
const killPatience = 5 * time.Second

// Kill implements control.Process: the process at the other end loses its channel, and ends. The connection is cut only if that takes
// long, as then nobody would know when the process is gone, and with it its files and its use of the processor.
func (p *process) Kill() error {
	_ = p.Close()
	select {
	case <-p.done:
	case <-time.After(killPatience):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
	return nil
}
