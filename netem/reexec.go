package netem

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"

	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// reexecVariable marks the environment of a command that runs again: it does not try a third time.
const reexecVariable = "POWBENCH_IN_USER_NAMESPACE"

func reexecuted() bool { return os.Getenv(reexecVariable) != "" }

// ReexecInUserNamespace is for main: when this process may not make network namespaces but user namespaces work, it
// runs the same command again inside one, as its root, with the same standard streams, passes SIGINT and SIGTERM on
// and returns (true, exit code, nil) when that has ended; main then exits with the code. The code is 128 + the signal
// after death by one. When there is no need, or this is the second run, done is false.
// An error says why user namespaces do not work; loopback remains.
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

// mayMakeNamespaces tries.
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
