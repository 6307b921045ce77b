package guest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Find returns one of these when no guest can run on this machine.
var (
	ErrNotInstalled = errors.New("user-mode-linux is not installed (apt-get install user-mode-linux)")
	ErrProcessor    = errors.New("user-mode-linux cannot run programs on this processor, which has more registers than it knows: " +
		"install a newer one (7.2.7 runs where 6.1 does not), or use a machine whose own kernel has NetEm")
)

const modulesRoot = "/usr/lib/uml/modules"

// A Kernel is an installed User-mode Linux.
type Kernel struct {
	Path      string // of the program
	Release   string // for example 6.1.176
	ModuleDir string
}

// Find locates the kernel and its modules as Debian and Ubuntu install them, and sees that it runs programs here. The error
// names the remedy.
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
	return k, runs(path)
}

// unableSays is what the kernel complains of where it cannot give a program its registers, before it panics.
const unableSays = "ptrace set fp regs failed"

// runs boots the kernel at path, the first time that it is called, for a program that ends at once. Where a processor has
// more registers than the kernel has room for (as those with AMX), no program runs, and it panics within a second.
var runs = func() func(string) error {
	var once sync.Once
	var err error
	return func(path string) error {
		once.Do(func() { err = tryOut(path) })
		return err
	}
}()

func tryOut(path string) error {
	const mib = 64
	memory, err := memoryDir(mib)
	if err != nil {
		return fmt.Errorf("guest: %w", err)
	}
	dir, err := os.MkdirTemp("", workPrefix+"try-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	kernel := exec.CommandContext(ctx, path, fmt.Sprintf("mem=%dM", mib), "uml_dir="+dir, "umid=try", "rootfstype=hostfs",
		"rootflags=/", "ro", "init=/bin/true", "con=null", "con0=null,fd:1", "ssl=null", "loglevel=4", "panic=-1")
	kernel.Env = []string{"HOME=" + dir, "TMPDIR=" + memory, "PATH=" + os.Getenv("PATH")}
	kernel.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	kernel.Cancel = func() error { return unix.Kill(-kernel.Process.Pid, unix.SIGKILL) } // its processes too
	kernel.WaitDelay = time.Second
	said, err := kernel.CombinedOutput() // it panics in any case: its init ends
	switch {
	case strings.Contains(string(said), unableSays):
		return fmt.Errorf("guest: %w", ErrProcessor)
	case errors.Is(err, exec.ErrWaitDelay) || ctx.Err() != nil:
		return fmt.Errorf("guest: %s does not boot within 20 s", path)
	}
	_ = unix.Kill(-kernel.Process.Pid, unix.SIGKILL) // what the kernel's end may leave behind
	return nil
}

// Current returns the release of the User-mode Linux kernel that this process runs on, or "" on any other kernel.
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

// defaultModules are what an emulated network needs: links, the switch, shapers, delays and congestion control.
var defaultModules = []string{
	"veth", "bridge", "ifb", "sch_tbf", "sch_netem", "sch_ingress", "cls_u32", "act_mirred", "sch_fq", "tcp_bbr",
}

// modulePaths returns the files of the named modules and of their dependencies, each after its own.
func modulePaths(k Kernel, names []string) ([]string, error) {
	list, err := os.ReadFile(filepath.Join(k.ModuleDir, "modules.dep"))
	if err != nil {
		return nil, err
	}
	dependencies := map[string][]string{} // module's name → its file, then those needed, the most basic last
	for line := range strings.Lines(string(list)) {
		file, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		dependencies[moduleName(file)] = append([]string{file}, strings.Fields(rest)...)
	}
	var paths []string
	for _, name := range names {
		files, ok := dependencies[moduleName(name)]
		if !ok {
			return nil, fmt.Errorf("no module %s below %s: it is misspelt, or built into the kernel", name, k.ModuleDir)
		}
		for _, file := range slices.Backward(files) {
			if path := filepath.Join(k.ModuleDir, file); !slices.Contains(paths, path) {
				paths = append(paths, path)
			}
		}
	}
	return paths, nil
}

// moduleName is the kernel's name for the module of a file.
func moduleName(file string) string {
	return strings.ReplaceAll(strings.TrimSuffix(filepath.Base(file), ".ko"), "-", "_")
}

func loadModule(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := unix.FinitModule(int(f.Fd()), "", 0); err != nil {
		return fmt.Errorf("load %s: %w", path, err)
	}
	return nil
}
