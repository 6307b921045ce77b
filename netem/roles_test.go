package netem

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// roleVariable makes the test binary run as one of the roles.
const roleVariable = "NETEM_TEST_ROLE"

var roles = map[string]func() int{
	"sleeper":     sleeper,
	"coordinator": coordinator,
	"reexec":      reexec,
	"networks":    networks,
}

func role(name string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), roleVariable+"="+name)
	return cmd
}

func sleeper() int {
	time.Sleep(time.Minute)
	return 0
}

// networks prints the addresses of its network namespace's devices.
func networks() int {
	routes, err := os.ReadFile("/proc/self/net/fib_trie")
	if err != nil {
		return 1
	}
	fmt.Print(string(routes))
	return 0
}

// coordinator lays out a testbed with a child on each host, prints their process ids and waits to be killed.
func coordinator() int {
	tb, err := New(context.Background(), Topology{Hosts: []string{"a", "b"}, RateBits: 1e9})
	if err != nil {
		return fail(err)
	}
	var pids []string
	for _, h := range tb.hosts {
		p, err := h.Start(role("sleeper"))
		if err != nil {
			return fail(err)
		}
		pids = append(pids, fmt.Sprint(p.Pid))
	}
	fmt.Println(strings.Join(pids, " "))
	return sleeper()
}

// reexec is a main that wants namespaces. It exits with 7 after SIGTERM and with 3 when there is no signal to wait for.
func reexec() int {
	done, code, err := ReexecInUserNamespace()
	switch {
	case err != nil:
		return fail(err)
	case done:
		return code
	}
	tb, err := New(context.Background(), Topology{Hosts: []string{"a", "b"}, RateBits: 1e9})
	if err != nil {
		return fail(err)
	}
	defer tb.Close()
	if os.Getenv("NETEM_TEST_WAIT") == "" {
		fmt.Println(tb.Mode)
		return 3
	}
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGTERM)
	defer stop()
	fmt.Println(tb.Mode)
	<-ctx.Done()
	return 7
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// alive tells whether a process exists and is no zombie.
func alive(pid string) bool {
	state, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(state), ") ")
	return !strings.HasPrefix(rest, "Z")
}

// unprivileged makes cmd run as a user who is nobody special, when the test itself is root.
func unprivileged(cmd *exec.Cmd) {
	if os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
}
