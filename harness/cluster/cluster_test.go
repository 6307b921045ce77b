package cluster

import (
	"context"
	"net"
	"os"
	"path/filepath"
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
func (p *process) Kill() error           { p.Close(); <-p.done; return nil }

func newProcess(name string) *control.Client {
	near, far := net.Pipe()
	p := &process{near, make(chan struct{})}
	go func() {
		defer close(p.done)
		control.Serve(context.Background(), far, far)
	}()
	return control.NewClient(name, p)
}

// Killed, a cluster has no process left.
func TestKill(t *testing.T) {
	c := &Cluster{agents: []*control.Client{newProcess("agent 1"), newProcess("agent 2")}, fail: func(error) {}}
	if used, err := c.used(t.Context()); err != nil || len(used) != 2 || used[1].PeakRSSMiB <= 0 {
		t.Errorf("used %v, %v", used, err)
	}
	if err := c.kill(); err != nil {
		t.Errorf("kill: %v", err)
	}
	for _, p := range c.agents {
		<-p.Done()
	}
}

// A process that ends by itself fails the cluster, but not one that may.
func TestWatch(t *testing.T) {
	failed := make(chan error, 2)
	c := &Cluster{fail: func(err error) { failed <- err }}
	for _, mayEnd := range []bool{true, false} {
		p := newProcess("server 2")
		if mayEnd {
			p.LetEnd()
		}
		if err := p.Kill(); err != nil {
			t.Fatal(err)
		}
		c.watch(p)
	}
	if err := <-failed; len(failed) > 0 || !strings.HasPrefix(err.Error(), "server 2 ended unexpectedly") {
		t.Errorf("failed with %v and %d more", err, len(failed))
	}
}

// A server whose disk is full may be gone before it could answer that it is.
func TestFilledServerMayBeGone(t *testing.T) {
	s := &Server{Client: newProcess("server 1")}
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := s.Fill(t.Context()); err != nil || !s.MayEnd() {
		t.Errorf("%v", err)
	}
}

// The log of a run is kept if something was logged; what a process failed with is found in it.
func TestLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.log")
	for _, c := range []struct{ text, why string }{
		{"", ""}, {"level=WARN msg=x\n", ""}, {"a\npowbench: disk full\npowbench: more\n", "disk full"},
	} {
		log, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = log.WriteString(c.text)
		if why := complaint(path); why != c.why {
			t.Errorf("%q complains %q, want %q", c.text, why, c.why)
		}
		if err := closeLog(log); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(path); (err == nil) != (c.text != "") {
			t.Errorf("the log of %q: %v", c.text, err)
		}
	}
}
