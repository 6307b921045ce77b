package netem

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Mode is how the hosts are made.
type Mode string

// The modes, from the full testbed to none. The first two shape links alike.
const (
	ModeRoot          Mode = "root"
	ModeUserNamespace Mode = "user-namespace"
	ModeLoopback      Mode = "loopback"
)

// Available tries what this machine allows. With ModeLoopback the error says why it is not better and what to do.
// ModeUserNamespace of a process that is not in one yet means that ReexecInUserNamespace will work; whether the
// kernel can shape links shows inside.
func Available() (Mode, error) {
	tb, err := New(context.Background(), Topology{Hosts: []string{"probe"}, RateBits: 1e9})
	if err == nil {
		return tb.Mode, tb.Close()
	}
	if errors.Is(err, ErrNotPermitted) && !reexecuted() {
		userErr := tryUserNamespace()
		if userErr == nil {
			return ModeUserNamespace, nil
		}
		err = fmt.Errorf("%w; %w", err, userErr)
	}
	return ModeLoopback, err
}

// CanDelay tells whether this kernel can delay packets: it tries, in a testbed of its own. The error wraps
// ErrUnsupported or ErrNotPermitted and names the remedy. A kernel with modules loads what it needs for the asking,
// also in a user namespace, if there is a modprobe.
func CanDelay() error {
	tb, err := New(context.Background(), Topology{
		Hosts: []string{"probe", "peer"},
		Delay: func(_, _ string) Delay { return Delay{Mean: time.Millisecond, Jitter: time.Microsecond} },
	})
	if err != nil {
		return err
	}
	return tb.Close()
}

// privilegedMode is the mode of a process that may make network namespaces.
func privilegedMode() Mode {
	if identity, err := os.ReadFile("/proc/self/uid_map"); err == nil {
		if f := strings.Fields(string(identity)); len(f) == 3 && (f[0] != "0" || f[1] != "0" || f[2] != "4294967295") {
			return ModeUserNamespace
		}
	}
	return ModeRoot
}

// tryUserNamespace lets a child make a user namespace and a network namespace in it, up to the exec of a program
// that does not exist: that very error shows that everything before was allowed.
func tryUserNamespace() error {
	attr := userNamespace()
	attr.Unshareflags = unix.CLONE_NEWNET
	const nowhere = "/proc/self/no-such-program"
	_, err := syscall.ForkExec(nowhere, []string{nowhere}, &syscall.ProcAttr{Sys: attr})
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	return fmt.Errorf("user namespace: %w", explain(err, "CONFIG_USER_NS", ""))
}

// userNamespace are the attributes of a child that is root in a user namespace of its own, and this user outside.
func userNamespace() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
}
