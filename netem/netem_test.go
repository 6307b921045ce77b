package netem

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sync/errgroup"

	"github.com/powbench/powbench/netem/guest"
)

// TestMain lets tests run this binary again as a child (see roles_test.go), and an ordinary user run them all.
func TestMain(m *testing.M) {
	guest.Init()
	if role := os.Getenv(roleVariable); role != "" {
		os.Exit(roles[role]())
	}
	if done, code, _ := ReexecInUserNamespace(); done {
		os.Exit(code)
	}
	os.Exit(m.Run())
}

func needNamespaces(t *testing.T) {
	t.Helper()
	if mode, err := Available(); mode == ModeLoopback {
		t.Skipf("skipped: no network namespaces: %v", err)
	}
}

func newTestbed(t *testing.T, topology Topology) *Testbed {
	t.Helper()
	needNamespaces(t)
	tb, err := New(t.Context(), topology)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tb.Close() })
	return tb
}

func TestTopologyIsChecked(t *testing.T) {
	for want, topology := range map[string]Topology{
		"needs a host":     {},
		"name of its own":  {Hosts: []string{"a", "b", "a"}},
		"at least 1000000": {Hosts: []string{"a"}, RateBits: 1000},
	} {
		if _, err := New(t.Context(), topology); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New(%+v) = %v, want an error with %q", topology, err, want)
		}
	}
}

func TestUnknownCongestionControl(t *testing.T) {
	needNamespaces(t)
	_, err := New(t.Context(), Topology{Hosts: []string{"a"}, Congestion: "carrier-pigeon"})
	if err == nil || !strings.Contains(err.Error(), "tcp_allowed_congestion_control") {
		t.Errorf("New = %v, want an error that says where to look", err)
	}
}

func TestSettingsAreInForce(t *testing.T) {
	tb := newTestbed(t, Topology{Hosts: []string{"a", "b"}, Congestion: "reno"})
	if tb.Sysctls[congestionSysctl] != "reno" || len(tb.Sysctls) < 5 {
		t.Errorf("Sysctls = %v", tb.Sysctls)
	}
	for name, want := range tb.Sysctls {
		err := inside(tb.Host("b").ns, func() error {
			got, err := os.ReadFile(sysctlPath(name))
			if os.IsNotExist(err) && strings.Contains(name, "ipv6") {
				return nil
			}
			if value := strings.Join(strings.Fields(string(got)), " "); err == nil && value != want {
				return fmt.Errorf("%s = %q, want %q", name, value, want)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// TestCallersNamespaceStaysClean also shows that nothing remains after Close, which is safe to repeat.
func TestCallersNamespaceStaysClean(t *testing.T) {
	before := linkNames(t)
	tb := newTestbed(t, Topology{Hosts: []string{"a", "b", "c"}, RateBits: 1e9})
	send(t, tb.Host("a"), tb.Host("b"), 100_000)
	if up := linkNames(t); up != before {
		t.Errorf("links in the caller's namespace: %s, before %s", up, before)
	}
	inodes := namespaceInodes(t, tb)
	for range 2 {
		if err := tb.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		held := heldNamespaces(t, inodes)
		if len(held) == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("still hold a namespace of the closed testbed: %v", held)
		}
	}
	if after := linkNames(t); after != before {
		t.Errorf("links in the caller's namespace: %s, before %s", after, before)
	}
}

func linkNames(t *testing.T) string {
	t.Helper()
	links, err := netlink.LinkList()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, l := range links {
		names = append(names, l.Attrs().Name)
	}
	named, _ := os.ReadDir("/run/netns")
	return fmt.Sprint(names, named)
}

// namespaceInodes are the identities ("net:[4026532000]") of the testbed's namespaces.
func namespaceInodes(t *testing.T, tb *Testbed) map[string]bool {
	t.Helper()
	inodes := map[string]bool{}
	for _, h := range tb.hosts {
		name, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", int(h.ns)))
		if err != nil {
			t.Fatal(err)
		}
		inodes[name] = true
	}
	if len(inodes) != len(tb.hosts) {
		t.Fatalf("%d hosts share namespaces: %v", len(tb.hosts), inodes)
	}
	return inodes
}

// heldNamespaces are the descriptors and threads of any process that hold one of the namespaces.
func heldNamespaces(t *testing.T, inodes map[string]bool) []string {
	t.Helper()
	var held []string
	for _, pattern := range []string{"/proc/self/fd/*", "/proc/[0-9]*/task/*/ns/net"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range paths {
			if name, err := os.Readlink(p); err == nil && inodes[name] {
				held = append(held, p)
			}
		}
	}
	return held
}

// TestTestbedsDoNotCollide: two testbeds with the same names and addresses work side by side.
func TestTestbedsDoNotCollide(t *testing.T) {
	needNamespaces(t)
	var g errgroup.Group
	for i := range 3 {
		g.Go(func() error { return oneExchange(t.Context(), fmt.Sprintf("testbed %d", i)) })
	}
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
}

func oneExchange(ctx context.Context, greeting string) error {
	tb, err := New(ctx, Topology{Hosts: []string{"a", "b"}, RateBits: 1e9})
	if err != nil {
		return err
	}
	defer tb.Close()
	l, err := tb.Host("a").Listen(ctx, 7000)
	if err != nil {
		return err
	}
	defer l.Close()
	near, err := tb.Host("b").Dial(ctx, l.Addr().String())
	if err != nil {
		return err
	}
	defer near.Close()
	far, err := l.Accept()
	if err != nil {
		return err
	}
	defer far.Close()
	io.WriteString(near, greeting)
	got := make([]byte, len(greeting))
	if _, err := io.ReadFull(far, got); err != nil || string(got) != greeting {
		return fmt.Errorf("got %q, %w; want %q", got, err, greeting)
	}
	return nil
}

func TestLoopbackHasTheSameMethods(t *testing.T) {
	tb := NewLoopback(Topology{Hosts: []string{"a", "b"}, RateBits: 1e9})
	defer tb.Close()
	if tb.Topology.RateBits != 0 || tb.Topology.Congestion == "" || tb.Host("nobody") != nil {
		t.Errorf("loopback testbed: %+v", tb.Topology)
	}
	send(t, tb.Host("a"), tb.Host("b"), 1<<20)
	if _, err := tb.Host("a").Dial(t.Context(), "localhost:1"); err == nil {
		t.Error("Dial resolved a name")
	}
}
