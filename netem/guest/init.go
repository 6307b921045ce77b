package guest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// callVariable names the file of the call. Process 1 with it in its environment is the first process of a guest.
const callVariable = "POWBENCH_GUEST_CALL"

// maxOpenFiles is the limit of each process in the guest.
const maxOpenFiles = 1 << 16

// Init must come first in main, and in TestMain. In a new guest, whose process 1 is this same program, it sets the
// guest up, runs the command and turns the guest off; it does not return then. Elsewhere it does nothing.
func Init() {
	path := os.Getenv(callVariable)
	if os.Getpid() != 1 || path == "" {
		return
	}
	w := workDir{filepath.Dir(path)}
	code, err := serve(w)
	r := result{Code: code}
	if err != nil {
		r.Error = err.Error()
	}
	if err := save(w.result(), r); err != nil {
		fmt.Fprintln(os.Stderr, err) // the kernel's console, which is shown when there is no result
	}
	unix.Sync()
	_ = unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
	select {} // the kernel turns off while this waits
}

// serve does what the call says and returns the command's exit code.
func serve(w workDir) (int, error) {
	var c call
	if err := load(w.call(), &c); err != nil {
		return 0, err
	}
	if err := setUp(c.Modules); err != nil {
		return 0, err
	}
	return run(c)
}

// setUp gives a command what it expects beside a bare kernel.
func setUp(modules []string) error {
	for _, m := range []struct{ kind, dir string }{
		{"proc", "/proc"}, {"sysfs", "/sys"}, {"devtmpfs", "/dev"}, {"tmpfs", "/dev/shm"}, {"devpts", "/dev/pts"},
	} {
		if err := mount(m.kind, m.dir); err != nil {
			return fmt.Errorf("mount %s: %w", m.dir, err)
		}
	}
	for name, target := range map[string]string{
		"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2",
	} {
		if err := os.Symlink(target, filepath.Join("/dev", name)); err != nil {
			return err
		}
	}
	for _, path := range modules {
		if err := loadModule(path); err != nil {
			return err
		}
	}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: maxOpenFiles, Max: maxOpenFiles}); err != nil {
		return fmt.Errorf("limit of open files: %w", err)
	}
	return loopbackUp()
}

// mount mounts a file system of the kernel's own. /dev/shm and /dev/pts are made first; /dev may be mounted already.
func mount(kind, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := unix.Mount(kind, dir, kind, 0, ""); !errors.Is(err, unix.EBUSY) {
		return err
	}
	return nil
}

func loopbackUp() error {
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("loopback: %w", err)
	}
	defer unix.Close(s)
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(s, unix.SIOCSIFFLAGS, request); err != nil {
		return fmt.Errorf("loopback: %w", err)
	}
	return nil
}

// run runs the command between the consoles and reaps every orphan. It returns the exit code when the command has ended
// and all its output has left the guest.
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

// output makes a pipe whose content goes to a console, so that the command sees no terminal.
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

// forward passes the signals from control to a process.
func forward(control *os.File, pid int) {
	var signal [1]byte
	for {
		if _, err := io.ReadFull(control, signal[:]); err != nil {
			return
		}
		_ = unix.Kill(pid, unix.Signal(signal[0])) // it may have ended
	}
}

// reap waits for pid, and as process 1 for every orphan that ends before it.
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
