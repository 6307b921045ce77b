package netem

import (
	"bufio"
	"bytes"
	"errors"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestProcessRunsOnItsHost(t *testing.T) {
	tb := newTestbed(t, Topology{Hosts: []string{"a", "b"}})
	var out bytes.Buffer
	cmd := role("networks")
	cmd.Stdout = &out
	p, err := tb.Host("b").Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err != nil {
		t.Fatal(err)
	}
	if s := out.String(); !strings.Contains(s, "198.18.0.2") || strings.Contains(s, "198.18.0.1\n") {
		t.Errorf("the process of host b sees\n%s", s)
	}
	if err := p.Signal(os.Interrupt); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("Signal after the end = %v, want os.ErrProcessDone", err)
	}
}

func TestProcessIsSignalled(t *testing.T) {
	tb := NewLoopback(Topology{Hosts: []string{"a"}})
	defer tb.Close()
	p, err := tb.Host("a").Start(role("sleeper"))
	if err != nil {
		t.Fatal(err)
	}
	if group, err := syscall.Getpgid(p.Pid); err != nil || group != p.Pid {
		t.Errorf("process %d is in group %d, %v", p.Pid, group, err)
	}
	if err := p.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-p.Done()
	var exit *exec.ExitError
	if !errors.As(p.Wait(), &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
		t.Errorf("Wait = %v, want death by SIGTERM", p.Wait())
	}
}

func TestStartOfNoProgram(t *testing.T) {
	tb := NewLoopback(Topology{Hosts: []string{"a"}})
	_, err := tb.Host("a").Start(exec.Command("/no/such/program"))
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "on a") {
		t.Errorf("Start = %v", err)
	}
}

func TestHostsFailAfterClose(t *testing.T) {
	tb := newTestbed(t, Topology{Hosts: []string{"a", "b"}, RateBits: 1e9})
	tb.Close()
	a := tb.Host("a")
	_, listen := a.Listen(t.Context(), 0)
	_, dial := a.Dial(t.Context(), "198.18.0.2:1")
	_, start := a.Start(role("sleeper"))
	_, count := a.Counters()
	for i, err := range []error{listen, dial, start, count} {
		if !errors.Is(err, net.ErrClosed) {
			t.Errorf("method %d after Close: %v, want net.ErrClosed", i, err)
		}
	}
}

func TestCloseKillsProcesses(t *testing.T) {
	tb := newTestbed(t, Topology{Hosts: []string{"a", "b"}})
	var started []*Process
	for _, h := range tb.hosts {
		p, err := h.Start(role("sleeper"))
		if err != nil {
			t.Fatal(err)
		}
		started = append(started, p)
	}
	if err := tb.Close(); err != nil {
		t.Fatal(err)
	}
	for _, p := range started {
		select {
		case <-p.Done():
		default:
			t.Errorf("process %d outlived Close", p.Pid)
		}
	}
}

// TestNothingOutlivesSIGKILL: the coordinator is killed, its children and their namespaces go with it.
func TestNothingOutlivesSIGKILL(t *testing.T) {
	needNamespaces(t)
	before := linkNames(t)
	cmd := role("coordinator")
	line := startAndReadLine(t, cmd)
	pids := strings.Fields(line)
	inodes := map[string]bool{}
	for _, pid := range pids {
		name, err := os.Readlink("/proc/" + pid + "/ns/net")
		if err != nil {
			t.Fatal(err)
		}
		inodes[name] = true
	}
	if len(inodes) != 2 {
		t.Fatalf("children %v live in the namespaces %v, want two", pids, inodes)
	}
	cmd.Process.Kill()
	cmd.Wait()
	eventually(t, "children of a killed coordinator end", func() bool {
		return !alive(pids[0]) && !alive(pids[1]) && len(heldNamespaces(t, inodes)) == 0
	})
	if after := linkNames(t); after != before {
		t.Errorf("links in the caller's namespace: %s, before %s", after, before)
	}
}

// startAndReadLine starts a role and returns the first line that it prints.
func startAndReadLine(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		cmd.Process.Kill()
		t.Fatalf("the child said nothing: %v, %v", err, cmd.Wait())
	}
	return strings.TrimSpace(line)
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 10 s", what)
		}
	}
}
