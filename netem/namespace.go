package netem

import (
	"fmt"
	"runtime"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// inside runs f on a thread that is in ns and is thrown away afterwards: a thread that came from another user
// namespace could not go back. With netns.None() the thread stays where it is.
func inside(ns netns.NsHandle, f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // not unlocked: the thread ends with the goroutine
		if onMainThread() {
			// The main thread cannot end, and /proc/self is it. Hold it while another thread does the work.
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

// newNamespace makes a network namespace with its loopback up, and a netlink handle in it. The caller releases both,
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
	// Without a family named the handle would open sockets that a small kernel does not have.
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
