package harness

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/rpc"
	"net/rpc/jsonrpc"
	"os"
	"os/exec"
	"sync/atomic"
	"time"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/netem"
)

// stopTimeout is how long a child may take to end once its standard input has closed.
const stopTimeout = 10 * time.Second

// A child is a server or agent process on a host of the testbed, steered by JSON-RPC over its standard input and
// output: a control channel that needs no network and ends with either side.
type child struct {
	name    string
	rpc     *rpc.Client
	process *netem.Process
	mayEnd  atomic.Bool // its end by itself, or by a fault that was asked for, fails nothing
}

// startChild runs `powbench role` on the host; what it logs goes to log.
func startChild(host *netem.Host, role, name string, log io.Writer) (*child, error) {
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
	process, err := host.Start(cmd)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	return &child{name: name, rpc: jsonrpc.NewClient(pipe{stdout, stdin}), process: process}, nil
}

// pipe joins a child's standard output and input into the connection that JSON-RPC wants.
type pipe struct {
	io.Reader
	io.WriteCloser
}

// call invokes a method of the child and waits for its reply, the child's end or that of ctx.
func (c *child) call(ctx context.Context, method string, args, reply any) error {
	call := c.rpc.Go(method, args, reply, make(chan *rpc.Call, 1))
	select {
	case <-call.Done:
		return c.explain(call.Error)
	case <-c.process.Done():
		return c.ended()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// explain says what the error of a call means. Unless the child itself has answered it, the connection is broken: that
// is how a child's end shows first, and why it ended says more.
func (c *child) explain(err error) error {
	if err == nil {
		return nil
	}
	if answered := rpc.ServerError(""); !errors.As(err, &answered) {
		select {
		case <-c.process.Done():
			return c.ended()
		case <-time.After(stopTimeout):
		}
	}
	return fmt.Errorf("%s: %w", c.name, err)
}

// ended is the error of a child that has ended before it was told to.
func (c *child) ended() error {
	status := cmp.Or(c.process.Wait(), errors.New("exit status 0"))
	return fmt.Errorf("%s ended unexpectedly: %w (its log is in the run's %s folder)", c.name, status, result.LogDir)
}

// stop closes the child's standard input, which ends it, and kills it if it does not end.
func (c *child) stop() error {
	_ = c.rpc.Close()
	select {
	case <-c.process.Done():
		return nil // however it ended: that was reported when it did
	case <-time.After(stopTimeout):
		_ = c.kill()
		return fmt.Errorf("%s did not end within %v and was killed", c.name, stopTimeout)
	}
}

// kill ends the child at once.
func (c *child) kill() error {
	_ = c.rpc.Close()
	if err := c.process.Signal(os.Kill); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill %s: %w", c.name, err)
	}
	<-c.process.Done()
	return nil
}
