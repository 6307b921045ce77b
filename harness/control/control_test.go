package control

import (
	"context"
	"errors"
	"net"
	"net/rpc"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const (
	double Method[int, int]         = "double"
	fail   Method[int, int]         = "fail"
	empty  Method[Nothing, []int]   = "empty"
	exit   Method[string, Nothing]  = "exit"
	hang   Method[Nothing, Nothing] = "hang"
)

// fake is a process within this one, which ends with an error or none.
type fake struct {
	net.Conn
	ended chan struct{}
	err   error
}

func (f *fake) Done() <-chan struct{} { return f.ended }
func (f *fake) Wait() error           { <-f.ended; return f.err }
func (f *fake) Kill() error           { return f.Close() }

// newClient steers a process that serves.
func newClient(t *testing.T) *Client {
	t.Helper()
	near, far := net.Pipe()
	ctx, cancel := context.WithCancelCause(t.Context())
	f := &fake{Conn: near, ended: make(chan struct{})}
	go func() {
		defer close(f.ended)
		Serve(ctx, far, far,
			Handle(double, func(_ context.Context, n int) (int, error) { return 2 * n, nil }),
			Handle(fail, func(context.Context, int) (int, error) { return 7, errors.New("as asked") }),
			Handle(empty, func(context.Context, Nothing) ([]int, error) { return nil, nil }),
			Handle(exit, func(_ context.Context, how string) (none Nothing, _ error) {
				cancel(errors.New(how))
				<-make(chan struct{})
				return none, nil
			}),
			Handle(hang, func(ctx context.Context, _ Nothing) (none Nothing, _ error) { <-ctx.Done(); return none, nil }))
		if cause := context.Cause(ctx); cause != nil && cause.Error() != "" {
			f.err = cause
		}
		far.Close()
	}()
	c := NewClient("server 3", f)
	t.Cleanup(func() { _ = c.Kill() })
	return c
}

func TestCall(t *testing.T) {
	c := newClient(t)
	if n, err := Call(t.Context(), c, double, 21); err != nil || n != 42 {
		t.Errorf("double of 21: %d, %v", n, err)
	}
	if n, err := Call(t.Context(), c, fail, 0); n != 0 || err == nil || err.Error() != "server 3: as asked" {
		t.Errorf("an error of the process: %d, %v", n, err)
	}
	if all, err := Call(t.Context(), c, empty, Nothing{}); err != nil || all != nil {
		t.Errorf("an empty list: %v, %v", all, err)
	}
	if _, err := Call(t.Context(), c, Method[int, int]("treble"), 0); err == nil || !strings.Contains(err.Error(), `"treble"`) {
		t.Errorf("a method that it does not know: %v", err)
	}
	if _, err := Call(t.Context(), c, Method[string, int](double), "x"); err == nil || !strings.Contains(err.Error(), "double: json") {
		t.Errorf("a wrong spec: %v", err)
	}
	if err := c.Stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
	if err := c.Kill(); err != nil {
		t.Errorf("kill after stop: %v", err)
	}
}

// All processes are called at once; reports keep their order and errors are joined.
func TestCallAll(t *testing.T) {
	all := []*Client{newClient(t), newClient(t), newClient(t)}
	if got, err := CallAll(t.Context(), all, double, 4); err != nil || !slices.Equal(got, []int{8, 8, 8}) {
		t.Errorf("reports %v, %v", got, err)
	}
	if _, err := CallAll(t.Context(), all, fail, 4); err == nil || strings.Count(err.Error(), "as asked") != 3 {
		t.Errorf("three errors: %v", err)
	}
}

// A process that ends during a call, or before it, ends the call with its name, its status and where to look.
func TestProcessEnds(t *testing.T) {
	for how, status := range map[string]string{"": "exit status 0", "signal: killed": "signal: killed"} {
		c := newClient(t)
		_, during := Call(t.Context(), c, exit, how)
		_, after := Call(t.Context(), c, double, 1)
		for _, err := range []error{during, after} {
			want := "server 3 ended unexpectedly: " + status + " (its log is in the run's logs folder)"
			if err == nil || err.Error() != want {
				t.Errorf("%v, want %s", err, want)
			}
		}
	}
}

// A process that fails says why, and its end waits for the coordinator to hear it: no log is needed.
func TestLastWords(t *testing.T) {
	near, far := net.Pipe()
	failed := make(chan error, 1)
	f := &fake{Conn: near, ended: make(chan struct{})}
	go func() {
		defer close(f.ended)
		if f.err = ServeUntil(t.Context(), far, far, failed,
			Handle(double, func(_ context.Context, n int) (int, error) { return 2 * n, nil })); f.err != nil {
			f.err = errors.New("exit status 1")
		}
		far.Close()
	}()
	c := NewClient("server 3", f)
	if _, err := Call(t.Context(), c, double, 1); err != nil {
		t.Fatal(err)
	}
	failed <- errors.New("no space left: make room")
	if err := c.Wait(); err == nil || err.Error() != "no space left: make room" {
		t.Errorf("it ended with %v", err)
	}
	if err := c.Ended(); err.Error() != "server 3 ended unexpectedly: no space left: make room" {
		t.Errorf("%v", err)
	}
	if _, err := Call(t.Context(), c, double, 1); err == nil || !strings.Contains(err.Error(), "make room") {
		t.Errorf("a call after the end: %v", err)
	}
}

// A process whose coordinator says nothing fails all the same.
func TestLastWordsThatNobodyHears(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer near.Close()
		failed := make(chan error, 1)
		failed <- errors.New("no space left")
		if err := ServeUntil(t.Context(), far, far, failed); err == nil || err.Error() != "no space left" {
			t.Errorf("it ended with %v", err)
		}
	})
}

// A call ends with its context; the process can be asked something else meanwhile.
func TestCallsTakeTurns(t *testing.T) {
	c := newClient(t)
	ctx, cancel := context.WithCancel(t.Context())
	hung := make(chan error)
	go func() {
		_, err := Call(ctx, c, hang, Nothing{})
		hung <- err
	}()
	if n, err := Call(t.Context(), c, double, 4); err != nil || n != 8 {
		t.Errorf("beside a call: %d, %v", n, err)
	}
	cancel()
	if err := <-hung; !errors.Is(err, context.Canceled) {
		t.Errorf("a call that was given up: %v", err)
	}
}

// The end of a process's input ends what it is answering, and the process: nobody could hear the answer.
func TestInputEndsDuringACall(t *testing.T) {
	near, far := net.Pipe()
	begun, given, served := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(served)
		Serve(t.Context(), far, far, Handle(hang, func(ctx context.Context, _ Nothing) (none Nothing, _ error) {
			close(begun)
			<-ctx.Done()
			close(given)
			return none, nil
		}))
	}()
	go NewClient("server 3", &fake{Conn: near, ended: served}).rpc.Go(do, Request{string(hang), []byte("{}")}, new(Reply), make(chan *rpc.Call, 1))
	<-begun
	near.Close()
	<-given
	<-served
}

// What a process says of itself grows with what it does.
func TestUsage(t *testing.T) {
	c := newClient(t)
	usage := func() Used {
		u, err := Call(t.Context(), c, Usage, Nothing{})
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	before := usage()
	const mib = 64
	b := make([]byte, (int(before.PeakRSSMiB)+mib)<<20)
	for i := 0; i < len(b); i += os.Getpagesize() {
		b[i] = 1
	}
	for start := time.Now(); time.Since(start) < 50*time.Millisecond; {
		b[0]++
	}
	after := usage()
	if after.CPUSeconds <= before.CPUSeconds || after.CPUSeconds > before.CPUSeconds+10 {
		t.Errorf("%v s of CPU time before, %v s after", before.CPUSeconds, after.CPUSeconds)
	}
	if after.RSSMiB < before.RSSMiB+mib/2 || after.RSSMiB > after.PeakRSSMiB {
		t.Errorf("%v MiB resident before, %v MiB after, %v MiB at most", before.RSSMiB, after.RSSMiB, after.PeakRSSMiB)
	}
	if after.Goroutines < 2 || after.Descriptors < 3 {
		t.Errorf("%d goroutines, %d descriptors", after.Goroutines, after.Descriptors)
	}
	if after.PeakRSSMiB < before.PeakRSSMiB+mib/2 || after.PeakRSSMiB > 3*before.PeakRSSMiB+2*mib+64 {
		t.Errorf("%v MiB after %d MiB were added to %v", after.PeakRSSMiB, len(b)>>20, before.PeakRSSMiB)
	}
}
