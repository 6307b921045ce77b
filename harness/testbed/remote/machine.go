package remote

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"os/exec"
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
