package agent

import (
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/control"
)

// process is an agent's process within this one.
type process struct {
	net.Conn
	done chan struct{}
}

func (p *process) Done() <-chan struct{} { return p.done }
func (p *process) Wait() error           { <-p.done; return nil }
func (p *process) Kill() error           { return p.Close() }

func TestServeNeedsStart(t *testing.T) {
	near, far := net.Pipe()
	p := &process{near, make(chan struct{})}
	go func() {
		defer close(p.done)
		Serve(t.Context(), far, far, "", slog.New(slog.DiscardHandler))
	}()
	c := control.NewClient("agent 1", p)
	for _, call := range []func() error{
		func() error { _, err := control.Call(t.Context(), c, EachCall, EachSpec{}); return err },
		func() error { _, err := control.Call(t.Context(), c, LoadCall, Spec{}); return err },
		func() error { _, err := control.Call(t.Context(), c, AssaultCall, Spec{}); return err },
		func() error { _, err := control.Call(t.Context(), c, HistoryCall, 0); return err },
	} {
		if err := call(); err == nil || !strings.Contains(err.Error(), "agent 1: the process does not answer") {
			t.Errorf("before the start: %v", err)
		}
	}
	if err := c.Stop(); err != nil {
		t.Error(err)
	}
}
