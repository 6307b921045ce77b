package guest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// run runs the command between the consoles, reaps every orphan, and returns the exit code when the command has ended
// and all that it wrote has left the guest.
func run(c call) (int, error) {
	var outputs sync.WaitGroup
	stdout, err := output(&outputs, "/dev/tty1")
	if err != nil {
		return 0, err
	}
	stderr, err := output(&outputs, "/dev/tty2")
	if err != nil {
		return 0, err
	}
	control, err := openConsole("/dev/tty3")
	if err != nil {
		return 0, err
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return 0, err
	}
	p, err := os.StartProcess(c.Path, c.Args, &os.ProcAttr{
		Dir: c.Dir, Env: c.Env, Files: []*os.File{null, stdout, stderr},
	})
	if err != nil {
		return 0, err
	}
	go forward(control, p.Pid)
	code, err := reap(p.Pid)
	_ = unix.Kill(-1, unix.SIGKILL) // all but this process; there may be no other
	stdout.Close()
	stderr.Close()
	outputs.Wait()
	return code, err
}

// output is a pipe whose content goes to a console: to the command it is no terminal.
func output(copies *sync.WaitGroup, path string) (*os.File, error) {
	console, err := openConsole(path)
	if err != nil {
		return nil, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	copies.Go(func() {
		_, _ = io.Copy(console, r)
		_ = unix.IoctlSetInt(int(console.Fd()), unix.TCSBRK, 1) // waits until all is out
	})
	return w, nil
}

// openConsole opens a terminal so that bytes pass as they are.
func openConsole(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	settings, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	settings.Iflag, settings.Oflag, settings.Lflag = 0, 0, 0
	if err := unix.IoctlSetTermios(int(f.Fd()), unix.TCSETS, settings); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// forward sends a process the signals that control brings.
func forward(control *os.File, pid int) {
	var signal [1]byte
	for {
		if _, err := io.ReadFull(control, signal[:]); err != nil {
			return
		}
		_ = unix.Kill(pid, unix.Signal(signal[0])) // it may have ended
	}
}

// reap waits for pid, and as process 1 for every orphan that ends before it. The exit code is 128 + the signal that
// ended the process, if one did.
func reap(pid int) (int, error) {
	for {
		var status syscall.WaitStatus
		ended, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			return 0, fmt.Errorf("wait: %w", err)
		case ended == pid && status.Signaled():
			return 128 + int(status.Signal()), nil
		case ended == pid:
			return status.ExitStatus(), nil
		}
	}
}
