package netem

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// A Mode is a way to make the hosts.
type Mode string

// The modes. The first two shape links alike, the last does not.
const (
	ModeRoot          Mode = "root"
	ModeUserNamespace Mode = "user-namespace"
	ModeLoopback      Mode = "loopback"
)

// Available finds by trial the best mode of this machine. With ModeLoopback the error names the reason and the remedy.
// ModeUserNamespace outside of one means that ReexecInUserNamespace will work; only inside does it show whether the
// kernel can shape links.
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

// CanDelay tries in a testbed of its own whether this kernel can delay packets. The error wraps ErrUnsupported or
// ErrNotPermitted and names the remedy. A kernel with modules loads them by itself, also in a user namespace, if there
// is a modprobe.
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

// privilegedMode tells root from root in a user namespace.
func privilegedMode() Mode {
	if identity, err := os.ReadFile("/proc/self/uid_map"); err == nil {
		if f := strings.Fields(string(identity)); len(f) == 3 && (f[0] != "0" || f[1] != "0" || f[2] != "4294967295") {
			return ModeUserNamespace
		}
	}
	return ModeRoot
}

// tryUserNamespace lets a child make a user namespace, in it a network namespace, and then run a program that does not
// exist: only the error of that shows that everything before was allowed.
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

// userNamespace makes a child root in a user namespace of its own, and this user outside.
func userNamespace() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
}

// reexecVariable marks the environment of a command that runs again: it does not try a third time.
const reexecVariable = "POWBENCH_IN_USER_NAMESPACE"

func reexecuted() bool { return os.Getenv(reexecVariable) != "" }

// ReexecInUserNamespace is for main. If this process may not make network namespaces but user namespaces work, it runs
// the same command again as root of one, with the same standard streams, and passes SIGINT and SIGTERM on. When that has
// ended it returns true and the exit code, 128 + the signal if one ended it; main then exits with the code. If there is
// no need, or this is the second run, done is false. An error says why user namespaces do not work; loopback remains.
func ReexecInUserNamespace() (done bool, code int, err error) {
	if reexecuted() || mayMakeNamespaces() {
		return false, 0, nil
	}
	if err := tryUserNamespace(); err != nil {
		return false, 0, fmt.Errorf("netem: %w", err)
	}
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), reexecVariable+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = userNamespace()
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	cmd.SysProcAttr.Setpgid = true // a Ctrl-C comes once, from us, not a second time from the terminal
	if err := runForwarding(cmd); err != nil {
		return false, 0, fmt.Errorf("netem: run again in a user namespace: %w", err)
	}
	return true, exitCode(cmd.ProcessState), nil
}

// mayMakeNamespaces tries to make one.
func mayMakeNamespaces() bool {
	ns := netns.None()
	err := inside(ns, func() (err error) {
		ns, err = netns.New()
		return err
	})
	return err == nil && ns.Close() == nil
}

// runForwarding runs cmd and passes on the signals that ask to stop. A bad exit status is not an error.
func runForwarding(cmd *exec.Cmd) error {
	runtime.LockOSThread() // the child's death signal is tied to this thread
	defer runtime.UnlockOSThread()
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, unix.SIGINT, unix.SIGTERM)
	defer signal.Stop(signals)
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		for {
			select {
			case s := <-signals:
				_ = cmd.Process.Signal(s) // it may have ended meanwhile
			case <-ended:
				return
			}
		}
	}()
	if err := cmd.Wait(); !errors.As(err, new(*exec.ExitError)) {
		return err
	}
	return nil
}

func exitCode(s *os.ProcessState) int {
	if status, ok := s.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return s.ExitCode()
}

// Reasons why a testbed cannot be laid out. The error that wraps one names the remedy.
var (
	ErrNotPermitted = errors.New("not permitted")       // this process may not, the kernel could
	ErrUnsupported  = errors.New("the kernel lacks it") // no process could
)

const permissionRemedy = "run as root, or allow user namespaces " +
	"(sysctl -w user.max_user_namespaces=15000 user.max_net_namespaces=15000; " +
	"on Ubuntu also kernel.apparmor_restrict_unprivileged_userns=0; " +
	"in a container start it with --privileged)"

// explain tells "may not" from "cannot". The kernel needs option or, unless it is empty, module.
func explain(err error, option, module string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES), errors.Is(err, unix.EROFS),
		errors.Is(err, unix.ENOSPC): // the answer when the number of namespaces is limited, also to 0
		return fmt.Errorf("%w (%w): %s", ErrNotPermitted, err, permissionRemedy)
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.ENODEV),
		errors.Is(err, unix.EINVAL):
		remedy := "boot a kernel with " + option
		if module != "" {
			remedy = "load it with 'modprobe " + module + "', or " + remedy
		}
		return fmt.Errorf("%w (%w): %s", ErrUnsupported, err, remedy)
	}
	return err
}

// explainNetEm adds where to get NetEm, an optional module that often has its own package.
func explainNetEm(err error) error {
	if err = explain(err, "CONFIG_NET_SCH_NETEM", "sch_netem"); errors.Is(err, ErrUnsupported) {
		return fmt.Errorf("NetEm: %w; the module is in linux-modules-extra-… (Ubuntu) or kernel-modules-extra (Fedora); "+
			"without it, run in the guest kernel", err)
	}
	return err
}
