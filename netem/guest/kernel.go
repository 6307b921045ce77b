package guest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// ErrNotInstalled is that of Find when there is no guest kernel on this machine.
var ErrNotInstalled = errors.New("user-mode-linux is not installed (apt-get install user-mode-linux)")

const modulesRoot = "/usr/lib/uml/modules"

// A Kernel is an installed User-mode Linux.
type Kernel struct {
	Path      string // of the program
	Release   string // for example 6.1.176
	ModuleDir string
}

// Find locates the kernel and its modules as Debian and Ubuntu install them. The error names the remedy.
func Find() (Kernel, error) {
	path, err := exec.LookPath("linux.uml")
	if err != nil {
		return Kernel{}, fmt.Errorf("guest: %w", ErrNotInstalled)
	}
	version, err := exec.Command(path, "--version").Output()
	if err != nil {
		return Kernel{}, fmt.Errorf("guest: %s --version: %w; reinstall user-mode-linux", path, err)
	}
	k := Kernel{Path: path, Release: strings.TrimSpace(string(version))}
	k.ModuleDir = filepath.Join(modulesRoot, k.Release)
	if _, err := os.Stat(filepath.Join(k.ModuleDir, "modules.dep")); err != nil {
		return Kernel{}, fmt.Errorf("guest: no modules for %s: %w; reinstall user-mode-linux", path, err)
	}
	return k, nil
}

// Current is the release of the User-mode Linux kernel that this process runs on, or empty if it runs on another.
func Current() string {
	cpu, err := os.ReadFile("/proc/cpuinfo")
	if err != nil || !strings.Contains(string(cpu), "User Mode Linux") {
		return ""
	}
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return ""
	}
	return unix.ByteSliceToString(name.Release[:])
}
