package guest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// callVariable names the file of the call. Whoever has it in its environment and is process 1 is a guest's first.
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
	w := &workDir{dir: filepath.Dir(path)}
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
func serve(w *workDir) (int, error) {
	var c call
	if err := load(w.call(), &c); err != nil {
		return 0, err
	}
	if err := setUp(c.Modules); err != nil {
		return 0, err
	}
	return run(c)
}

// setUp makes of a bare kernel what a command expects.
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
