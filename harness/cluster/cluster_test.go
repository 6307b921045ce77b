package cluster

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/result"
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

func TestMergeReports(t *testing.T) {
	histogram := func(values ...int64) string {
		h := hdrhistogram.New(1000, 1e11, 3)
		for _, v := range values {
			_ = h.RecordValue(v)
		}
		text, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	reports := []agent.LoadReport{
		{
			WindowOps: 2, LoadOps: 3, LatencyNs: 5, Histogram: histogram(2000, 3000), Rounds: map[int]int64{2: 2}, SentBytes: 7,
			RoundKinds: map[result.Rounds]int64{{Data: 1, Metadata: 1}: 3}, Messages: result.Traffic{ClientToServer: 24, ServerToClient: 23},
			WaitNs: 3, Overtaken: 1, Background: agent.Background{Ops: 1, SentBytes: 20, ReceivedBytes: 2},
		},
		{
			WindowOps: 1, LoadOps: 1, Errors: 1, Error: "broken", LatencyNs: 4, Histogram: histogram(int64(time.Second)),
			Rounds: map[int]int64{2: 1, 3: 1}, SentBytes: 1, ReceivedBytes: 9, WaitNs: 4, Overtaken: 2,
			RoundKinds: map[result.Rounds]int64{{Data: 1, Metadata: 1}: 1, {Metadata: 1}: 5}, Messages: result.Traffic{ClientToServer: 1, ServerToClient: 2},
		},
		{Errors: 2, Error: "later", Histogram: histogram()},
	}
	var l Loaded
	l.Fail(agent.Failures{}) // nothing failed beside the load
	if err := l.merge(reports); err != nil {
		t.Fatal(err)
	}
	want := agent.LoadReport{
		WindowOps: 3, LoadOps: 4, Errors: 3, Error: "broken", LatencyNs: 9, Rounds: map[int]int64{2: 3, 3: 1},
		SentBytes: 8, ReceivedBytes: 9, WaitNs: 7, Overtaken: 3,
		RoundKinds: map[result.Rounds]int64{{Data: 1, Metadata: 1}: 4, {Metadata: 1}: 5}, Messages: result.Traffic{ClientToServer: 25, ServerToClient: 25},
		Background: agent.Background{Ops: 1, SentBytes: 20, ReceivedBytes: 2},
	}
	if !reflect.DeepEqual(l.LoadReport, want) {
		t.Errorf("%+v, want %+v", l.LoadReport, want)
	}
	if n := l.Histogram.TotalCount(); n != 3 {
		t.Errorf("%d latencies, want 3", n)
	}
	l.Fail(agent.Failures{Count: 4, First: "beside it"})
	if l.Errors != 7 || l.Error != "broken" {
		t.Errorf("with failures beside the load: %d errors, the first %q", l.Errors, l.Error)
	}
	reports[1].Histogram = "?"
	if err := new(Loaded).merge(reports); err == nil {
		t.Error("a broken histogram was accepted")
	}
}

// The agents' reports of an open loop add up.
func TestMergeOpen(t *testing.T) {
	timing := func(ns ...int64) agent.Timing {
		h := NewHistogram()
		sum := int64(0)
		for _, x := range ns {
			_ = h.RecordValue(x)
			sum += x
		}
		text, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
		if err != nil {
			t.Fatal(err)
		}
		return agent.Timing{SumNs: sum, Histogram: string(text)}
	}
	first := agent.OpenReport{
		Arrivals: 400, BacklogBegin: 1, BacklogEnd: 4, Service: timing(2e6, 4e6), Slip: timing(1e4, 1e4),
	}
	second := agent.OpenReport{Arrivals: 300, BacklogEnd: 2, Service: timing(6e6), Slip: timing(7e4)}
	var l Loaded
	for _, r := range []*agent.OpenReport{&first, &second, nil} {
		if err := l.mergeOpen(r); err != nil {
			t.Fatal(err)
		}
	}
	o := l.Open
	if o.Arrivals != 700 || o.BacklogBegin != 1 || o.BacklogEnd != 6 || o.OpenReport.Service.SumNs != 12e6 ||
		o.OpenReport.Slip.SumNs != 9e4 || o.Service.TotalCount() != 3 || o.Slip.TotalCount() != 3 {
		t.Errorf("%+v", o)
	}
	first.Slip.Histogram = "?"
	if err := l.mergeOpen(&first); err == nil {
		t.Error("a broken histogram was accepted")
	}
}
