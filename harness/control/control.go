// Package control lets one process steer others by typed calls over their standard input and output. The calls need no
// network, add nothing to the measured links and end with either side. It imports nothing of ours; cluster, testbed,
// agent and node import it.
package control

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/rpc"
	"net/rpc/jsonrpc"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// A Method is a call that a process answers, by its name: it takes a Spec and returns a Report, both in JSON.
type Method[Spec, Report any] string

// Nothing is the spec or report of a method that has none.
type Nothing struct{}

// do is the only method of JSON-RPC: the typed ones travel in it, so that their names stand in one place each.
const do = "Control.Do"

// A Request is the JSON form of a call.
type Request struct {
	Method string
	Spec   json.RawMessage
}

// A Reply is the JSON form of what a call comes to. JSON-RPC takes a bare null for an error without text.
type Reply struct{ Report json.RawMessage }

// A Process is one that runs: its standard output can be read and its standard input written.
type Process interface {
	io.ReadWriteCloser
	Done() <-chan struct{} // closed when it has ended
	Wait() error           // for its end; the error tells how it ended, nil for exit status 0
	Kill() error           // at once, and waits for its end
}

// stopTimeout is how long a process may take to end once its standard input has closed.
const stopTimeout = 10 * time.Second

// A Client steers one process. Its methods may be called from any goroutine.
type Client struct {
	Name    string // for errors
	process Process
	rpc     *rpc.Client
	mayEnd  atomic.Bool
	words   atomic.Pointer[string] // the last ones of a process that failed; nil for none
}

// NewClient returns a client that steers the process, which serves or will, and asks it at once for its last words.
func NewClient(name string, p Process) *Client {
	c := &Client{Name: name, process: p, rpc: jsonrpc.NewClient(p)}
	c.listen()
	return c
}

// Call invokes a method and waits for its report, the process's end or that of ctx.
func Call[Spec, Report any](ctx context.Context, c *Client, m Method[Spec, Report], spec Spec) (report Report, err error) {
	data, err := json.Marshal(spec)
	if err != nil {
		return report, fmt.Errorf("%s: %s: %w", c.Name, m, err)
	}
	var reply Reply
	call := c.rpc.Go(do, Request{string(m), data}, &reply, make(chan *rpc.Call, 1))
	select {
	case <-call.Done:
		if call.Error != nil {
			return report, c.explain(call.Error)
		}
		return report, json.Unmarshal(reply.Report, &report)
	case <-c.process.Done():
		return report, c.Ended()
	case <-ctx.Done():
		return report, context.Cause(ctx)
	}
}

// CallAll calls a method of all processes at once. It returns their reports in the order of the processes, and joins
// their errors.
func CallAll[Spec, Report any](ctx context.Context, all []*Client, m Method[Spec, Report], spec Spec) ([]Report, error) {
	reports, errs := make([]Report, len(all)), make([]error, len(all))
	var calls sync.WaitGroup
	for i, c := range all {
		calls.Go(func() { reports[i], errs[i] = Call(ctx, c, m, spec) })
	}
	calls.Wait()
	return reports, errors.Join(errs...)
}

// explain says what the error of a call means. Unless the process itself has answered it, the connection is broken: a
// process's end shows so first, and why it ended says more.
func (c *Client) explain(err error) error {
	if answered := rpc.ServerError(""); !errors.As(err, &answered) {
		select {
		case <-c.process.Done():
			return c.Ended()
		case <-time.After(stopTimeout):
		}
	}
	return fmt.Errorf("%s: %w", c.Name, err)
}

// Signal sends the process a signal. Those on other machines take none.
func (c *Client) Signal(s os.Signal) error {
	p, ok := c.process.(interface{ Signal(os.Signal) error })
	if !ok {
		return fmt.Errorf("%s takes no signals: it is on another machine", c.Name)
	}
	return p.Signal(s)
}

// Done is closed when the process has ended.
func (c *Client) Done() <-chan struct{} { return c.process.Done() }

// Wait waits for the process's end and returns how it ended: in its own words if it failed, else nil for exit status 0.
func (c *Client) Wait() error {
	status := c.process.Wait()
	if words := c.words.Load(); words != nil {
		return Failed(*words)
	}
	return status
}

// Failed is what a process that failed has said of it, with the place and the remedy.
type Failed string

func (f Failed) Error() string { return string(f) }

// Ended waits for the process's end and returns the error of one that has ended before it was told to. One that failed has said why.
func (c *Client) Ended() error {
	status := cmp.Or(c.Wait(), errors.New("exit status 0"))
	if c.words.Load() != nil {
		return fmt.Errorf("%s ended unexpectedly: %w", c.Name, status)
	}
	return fmt.Errorf("%s ended unexpectedly: %w (its log is in the run's logs folder)", c.Name, status)
}

// LetEnd says that the process may end by itself from now on, as after a fault that was asked for.
func (c *Client) LetEnd() { c.mayEnd.Store(true) }

// MayEnd reports whether LetEnd was called.
func (c *Client) MayEnd() bool { return c.mayEnd.Load() }

// Stop closes the process's standard input, which ends it, and kills it if it does not end.
func (c *Client) Stop() error {
	_ = c.rpc.Close()
	select {
	case <-c.process.Done():
		return nil // however it ended: that was reported when it did
	case <-time.After(stopTimeout):
		_ = c.Kill()
		return fmt.Errorf("%s did not end within %v and was killed", c.Name, stopTimeout)
	}
}

// Kill ends the process at once.
func (c *Client) Kill() error {
	_ = c.rpc.Close()
	if err := c.process.Kill(); err != nil {
		return fmt.Errorf("kill %s: %w", c.Name, err)
	}
	return nil
}
