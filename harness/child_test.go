package harness

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/powbench/powbench/netem"
)

// newChild starts a child on a loopback host.
func newChild(t *testing.T) *child {
	t.Helper()
	host := netem.NewLoopback(netem.Topology{Hosts: []string{"local"}}).Host("local")
	c, err := startChild(host, testRole, "server 3", io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.kill() })
	return c
}

func TestChildCall(t *testing.T) {
	c := newChild(t)
	var n int
	if err := c.call(t.Context(), "Service.Double", 21, &n); err != nil || n != 42 {
		t.Errorf("Double(21): %d, %v", n, err)
	}
	if err := c.call(t.Context(), "Service.Fail", 0, &n); err == nil || err.Error() != "server 3: as asked" {
		t.Errorf("an error of the child: %v", err)
	}
	if err := c.stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
	if err := c.kill(); err != nil {
		t.Errorf("kill after stop: %v", err)
	}
}

// A child that ends during a call, or before it, ends the call with its name, its status and where to look.
func TestChildDies(t *testing.T) {
	for code, status := range []string{"exit status 0", "exit status 1"} {
		c := newChild(t)
		for _, method := range []string{"Service.Exit", "Service.Double"} {
			err := c.call(t.Context(), method, code, new(int))
			want := "server 3 ended unexpectedly: " + status + " (its log is in the run's logs folder)"
			if err == nil || err.Error() != want {
				t.Errorf("%s: %v, want %s", method, err, want)
			}
		}
	}
}

// A call ends with its context, and a child that is busy can still be killed.
func TestChildHangs(t *testing.T) {
	c := newChild(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := c.call(ctx, "Service.Hang", 0, new(int)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a call that takes too long: %v", err)
	}
	if err := c.kill(); err != nil {
		t.Errorf("kill: %v", err)
	}
	if alive(c) {
		t.Error("the child lives on")
	}
}

func alive(c *child) bool {
	_, err := processCPU(c.process.Pid)
	return err == nil
}

// All agents are called at once, each with its own argument; replies keep their order and errors are joined.
func TestOnAgents(t *testing.T) {
	c := &cluster{agents: []*child{newChild(t), newChild(t), newChild(t)}, fail: func(error) {}}
	replies, err := onAgents[int, int](t.Context(), c, "Service.Double", func(i int) int { return 10 + i })
	if err != nil || len(replies) != 3 || replies[0] != 20 || replies[1] != 22 || replies[2] != 24 {
		t.Errorf("replies %v, %v", replies, err)
	}
	_, err = onAgents[int, int](t.Context(), c, "Service.Fail", func(i int) int { return i })
	if err == nil || strings.Count(err.Error(), "as asked") != 3 {
		t.Errorf("three errors: %v", err)
	}
	if err := c.kill(); err != nil {
		t.Errorf("kill: %v", err)
	}
	for _, p := range c.agents {
		if alive(p) {
			t.Error("an agent lives on")
		}
	}
}
