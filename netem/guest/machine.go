package guest

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	defaultMemoryMiB = 2048
	defaultGrace     = 5 * time.Second
)

// A machine is a running guest. Outside it is a session: the kernel leads it, and there is a process for each of the
// guest's address spaces, which the end of the kernel alone would leave behind.
type machine struct {
	kernel  *exec.Cmd
	watcher *exec.Cmd // kills the session
	alive   io.Closer // once it is closed, also by the end of this process, the watcher acts
	control *os.File  // each byte is a signal for the command
	grace   time.Duration
	console tail
	copies  sync.WaitGroup
	ended   chan struct{}
}

// boot starts the guest. Its consoles are pipes: 0 is the kernel's own, 1 and 2 are the command's standard output and
// error, 3 brings signals.
func boot(w workDir, k Kernel, c Command) (_ *machine, err error) {
	mib := cmp.Or(c.MemoryMiB, defaultMemoryMiB)
	memory, err := memoryDir(mib)
	if err != nil {
		return nil, err
	}
	m := &machine{grace: cmp.Or(c.Grace, defaultGrace), ended: make(chan struct{})}
	m.kernel = exec.Command(k.Path, fmt.Sprintf("mem=%dM", mib), "uml_dir="+w.dir, "umid=guest",
		"rootfstype=hostfs", "rootflags=/", "rw", "init="+w.init(), callVariable+"="+w.call(),
		"con=null", "con0=null,fd:1", "con1=null,fd:3", "con2=null,fd:4", "con3=fd:5,null", "ssl=null",
		"loglevel=4", "panic=-1")
	m.kernel.Env = []string{"HOME=" + w.dir, "TMPDIR=" + memory, "PATH=" + os.Getenv("PATH")}
	// The death signal covers the moment until the watcher runs; the kernel has no other processes yet.
	m.kernel.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: unix.SIGKILL}
	if err := m.start(c); err != nil {
		m.copies.Wait()
		return nil, err
	}
	if err := m.watch(); err != nil {
		_ = m.kernel.Process.Kill()
		_ = m.kernel.Wait()
		m.control.Close()
		m.copies.Wait()
		return nil, err
	}
	return m, nil
}

// watch starts the watcher, in a group of its own so that a Ctrl-C does not reach it.
func (m *machine) watch() (err error) {
	session := strconv.Itoa(m.kernel.Process.Pid)
	m.watcher = exec.Command("/bin/sh", "-c", `read -r line; kill -s KILL -- "-$1"`, "sh", session)
	m.watcher.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if m.alive, err = m.watcher.StdinPipe(); err != nil {
		return err
	}
	return m.watcher.Start()
}

// start starts the kernel with its consoles.
func (m *machine) start(c Command) error {
	signals, control, err := os.Pipe()
	if err != nil {
		return err
	}
	m.control = control
	theirs := []*os.File{signals}
	defer func() {
		for _, f := range theirs {
			f.Close()
		}
	}()
	for _, to := range []io.Writer{&m.console, c.Stdout, c.Stderr} {
		f, err := m.collect(to)
		if err != nil {
			control.Close()
			return err
		}
		theirs = append(theirs, f)
	}
	m.kernel.Stdout, m.kernel.Stderr = theirs[1], theirs[1]
	m.kernel.ExtraFiles = []*os.File{theirs[2], theirs[3], signals}
	if err := m.kernel.Start(); err != nil {
		control.Close()
		return err
	}
	prefer(m.kernel.Process.Pid)
	// Every file that is open in the guest is one of the kernel's. A refusal leaves it with what it has.
	var files unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &files) == nil {
		files.Cur = files.Max
		_ = unix.Prlimit(m.kernel.Process.Pid, unix.RLIMIT_NOFILE, &files, nil)
	}
	return nil
}

// collect copies what is written to the file to w, or nowhere if that is nil.
func (m *machine) collect(w io.Writer) (*os.File, error) {
	r, f, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	m.copies.Go(func() {
		defer r.Close()
		if w != nil {
			_, _ = io.Copy(w, r)
		}
		_, _ = io.Copy(io.Discard, r) // a full pipe would hold up the guest
	})
	return f, nil
}

// wait waits for the guest's end.
func (m *machine) wait() {
	_ = m.kernel.Wait() // the result says how it went
	close(m.ended)
	m.alive.Close()
	_ = m.watcher.Wait() // nor does it matter that nothing was left to kill
	m.control.Close()
	m.copies.Wait()
}

// stop asks the command to end and kills the guest when it does not.
func (m *machine) stop() {
	_, _ = m.control.Write([]byte{byte(unix.SIGTERM)})
	select {
	case <-m.ended:
	case <-time.After(m.grace):
		m.alive.Close()
	}
}

// prefer lets a guest keep time although others want the processor: pid and the processes that it will start use one
// processor and, with the privilege for it, come before all that is not real-time. A guest is many processes that hand
// the work of one to each other. When they wait, or wake on another processor that sleeps, all of its timers are late:
// packets were delayed by up to a second too long.
func prefer(pid int) {
	var allowed, last unix.CPUSet
	if unix.SchedGetaffinity(pid, &allowed) != nil {
		return
	}
	for cpu := range len(allowed) * 64 {
		if allowed.IsSet(cpu) {
			last.Zero()
			last.Set(cpu)
		}
	}
	_ = unix.SchedSetaffinity(pid, &last)
	_ = unix.SchedSetAttr(pid, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: 1}, 0)
}

const (
	tailBytes   = 8192 // holds a trace and what led to it
	reasonLines = 6
)

// A tail keeps the last of what is written to it.
type tail struct {
	mu   sync.Mutex
	last []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = append(t.last, p...)
	if cut := len(t.last) - tailBytes; cut > 0 {
		t.last = append(t.last[:0], t.last[cut:]...)
	}
	return len(p), nil
}

// reason returns the last lines up to a kernel's panic, without the trace after it, or simply the last lines.
func (t *tail) reason() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(strings.ReplaceAll(string(t.last), "\r", "")), "\n")
	panicked := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, "Kernel panic") })
	if panicked >= 0 {
		lines = lines[:panicked+1]
	}
	return strings.Join(lines[max(0, len(lines)-reasonLines):], "\n")
}
