package netem

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// inside runs f on a thread that enters ns and is thrown away afterwards, because a thread from another user namespace
// could not go back. With netns.None() the thread stays where it is.
func inside(ns netns.NsHandle, f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // not unlocked: the thread ends with the goroutine
		if onMainThread() {
			// The main thread cannot end, and /proc/self refers to it. Hold it while another thread does the work.
			defer runtime.UnlockOSThread()
			done <- inside(ns, f)
			return
		}
		if ns.IsOpen() {
			if err := netns.Set(ns); err != nil {
				done <- fmt.Errorf("enter network namespace: %w", explain(err, "CONFIG_NET_NS", ""))
				return
			}
		}
		done <- f()
	}()
	return <-done
}

func onMainThread() bool { return unix.Gettid() == unix.Getpid() }

// newNamespace makes a network namespace with its loopback up, and a netlink handle in it. The caller must release both,
// also after an error.
func newNamespace(settings []setting) (ns netns.NsHandle, h *netlink.Handle, err error) {
	ns = netns.None()
	err = inside(netns.None(), func() error {
		created, err := netns.New()
		if err != nil {
			return fmt.Errorf("create network namespace: %w", explain(err, "CONFIG_NET_NS", ""))
		}
		ns = created
		return applySettings(settings)
	})
	if err != nil {
		return ns, nil, err
	}
	// Without a family, the handle would open sockets of all, which a small kernel does not have.
	h, err = netlink.NewHandleAt(ns, unix.NETLINK_ROUTE)
	if err != nil {
		return ns, nil, fmt.Errorf("open netlink: %w", err)
	}
	lo, err := h.LinkByName("lo")
	if err != nil {
		return ns, h, fmt.Errorf("find loopback: %w", err)
	}
	return ns, h, h.LinkSetUp(lo)
}

// A setting is a kernel setting of one network namespace.
type setting struct {
	name, value string
	optional    bool // the kernel may lack what it would set
}

const congestionSysctl = "net.ipv4.tcp_congestion_control"

var quiet = []setting{ // IPv6 neighbour discovery would send packets of its own
	{"net.ipv6.conf.all.disable_ipv6", "1", true},
	{"net.ipv6.conf.default.disable_ipv6", "1", true},
}

func switchSettings() []setting {
	// Where container tools loaded br_netfilter, every bridged packet would pass the firewall's code.
	return append([]setting{{"net.bridge.bridge-nf-call-iptables", "0", true}}, quiet...)
}

// hostSettings make measurements repeatable: they are the same on every machine and keep no memory of earlier traffic.
func (tb *Testbed) hostSettings() []setting {
	settings := append([]setting{
		// What the kernel learned about a peer during one run must not speed up or slow down the next.
		{"net.ipv4.tcp_no_metrics_save", "1", false},
		// A connection that rested keeps its window, so that latency is the protocol's and not that of a new slow start.
		{"net.ipv4.tcp_slow_start_after_idle", "0", false},
		// Counters reckon with 32 bytes of TCP header, that is with timestamps.
		{"net.ipv4.tcp_timestamps", "1", false},
		// By default a socket's buffers depend on the machine's memory. These are larger than the links need.
		{"net.ipv4.tcp_rmem", "4096 131072 6291456", false},
		{"net.ipv4.tcp_wmem", "4096 16384 4194304", false},
	}, quiet...)
	if c := tb.Topology.Congestion; c != "" {
		settings = append(settings, setting{congestionSysctl, c, false})
	}
	for _, s := range settings {
		tb.Sysctls[s.name] = s.value
	}
	return settings
}

// applySettings writes settings in the namespace of the calling thread.
func applySettings(settings []setting) error {
	for _, s := range settings {
		err := os.WriteFile(sysctlPath(s.name), []byte(s.value), 0)
		switch {
		case err == nil, s.optional && errors.Is(err, fs.ErrNotExist):
		case s.name == congestionSysctl:
			return fmt.Errorf("congestion control %q: %w: choose one of those that "+
				"'sysctl net.ipv4.tcp_allowed_congestion_control' lists outside", s.value, err)
		default:
			return fmt.Errorf("set %s: %w", s.name, explain(err, "CONFIG_SYSCTL", ""))
		}
	}
	return nil
}

// recordCongestion notes the congestion control that sockets in ns have, or "" where the kernel does not tell.
func (tb *Testbed) recordCongestion(ns netns.NsHandle) {
	var value []byte
	_ = inside(ns, func() (err error) {
		value, err = os.ReadFile(sysctlPath(congestionSysctl))
		return err
	})
	tb.Topology.Congestion = strings.TrimSpace(string(value))
	tb.Sysctls[congestionSysctl] = tb.Topology.Congestion
}

func sysctlPath(name string) string { return "/proc/sys/" + strings.ReplaceAll(name, ".", "/") }
