package netem

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// Process is a child process on a host.
type Process struct {
	Pid int

	cmd  *exec.Cmd
	done chan struct{}
	err  error // valid once done is closed
}

// Start starts cmd on the host, in a process group of its own (Ctrl-C does not reach it). It is killed when this
// process ends in whatever way, and by Testbed.Close.
func (h *Host) Start(cmd *exec.Cmd) (*Process, error) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	cmd.SysProcAttr.Setpgid = true
	p := &Process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		// The thread waits for the child too: the kernel sends the death signal when the thread that started it ends.
		err := h.inside(func() error {
			if err := cmd.Start(); err != nil {
				return err
			}
			p.Pid = cmd.Process.Pid
			if err := h.track(p); err != nil {
				_ = cmd.Process.Kill() // Close came between
				_ = cmd.Wait()
				return err
			}
			started <- nil
			p.err = cmd.Wait()
			h.untrack(p)
			close(p.done)
			return nil
		})
		if err != nil {
			started <- fmt.Errorf("start %s on %s: %w", cmd.Path, h.Name, err)
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// Wait waits for the process to end and returns what exec.Cmd.Wait did.
func (p *Process) Wait() error {
	<-p.done
	return p.err
}

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Signal signals the process; os.ErrProcessDone when it has ended.
func (p *Process) Signal(s os.Signal) error { return p.cmd.Process.Signal(s) }

// track notes that p runs, unless the host was closed meanwhile.
func (h *Host) track(p *Process) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return h.errClosed()
	}
	if h.processes == nil {
		h.processes = map[*Process]struct{}{}
	}
	h.processes[p] = struct{}{}
	return nil
}

func (h *Host) untrack(p *Process) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.processes, p)
}
