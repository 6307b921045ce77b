package remote

import (
	"errors"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// A Shell runs commands on machines: their standard input, output and error are those of the command that it returns, and they end
// when that does or when their input closes.
type Shell interface {
	Command(host string, argv ...string) *exec.Cmd
	// Name is how errors call it.
	Name() string
}

// own makes the command's process one that this process ends, and nobody else: Ctrl-C comes once, from here, not a second time from the
// terminal, which would cut all channels before what is measured is kept.
func own(c *exec.Cmd) {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.WaitDelay = time.Second // what it started, such as a shared connection of ssh, may keep its output open
}

// wait waits for the command's end.
func wait(c *exec.Cmd) error {
	if err := c.Wait(); !errors.Is(err, exec.ErrWaitDelay) {
		return err
	}
	return nil
}

// tail keeps the end of what is written to it.
type tail struct{ text []byte }

// tailBytes is how much that is: a few lines.
const tailBytes = 2 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.text = append(t.text, b...)
	t.text = t.text[max(0, len(t.text)-tailBytes):]
	return len(b), nil
}

// SSH is the system's ssh: its configuration, agent, known hosts and jump hosts count. It asks for no password, as nobody could
// answer.
type SSH struct {
	Options []string // beside those of its configuration, such as -F FILE
}

// keepAlive ends a connection whose other end is gone, after twelve seconds.
var keepAlive = []string{
	"-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=4", "-o", "ServerAliveCountMax=3", "-T",
}

// Name implements Shell.
func (SSH) Name() string { return "ssh" }

// Command implements Shell. ssh hands one line to the shell of the account there: each word is quoted, so that it interprets none.
func (s SSH) Command(host string, argv ...string) *exec.Cmd {
	words := make([]string, len(argv))
	for i, a := range argv {
		words[i] = quote(a)
	}
	args := append(append([]string{}, keepAlive...), s.Options...)
	return exec.Command("ssh", append(args, "--", host, strings.Join(words, " "))...)
}

// quote makes a word of a POSIX shell that stands for the text, whatever is in it.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// Slurm runs on the nodes of the allocation that this process is in.
type Slurm struct{}

// Name implements Shell.
func (Slurm) Name() string { return "srun" }

// Command implements Shell. Steps share the node's processors with each other (--overlap), as processes of one machine do, and a
// step's end ends no other.
func (Slurm) Command(host string, argv ...string) *exec.Cmd {
	args := []string{"--nodelist", host, "--nodes=1", "--ntasks=1", "--overlap", "--quiet", "--input=all", "--unbuffered", "--kill-on-bad-exit=0", "--"}
	return exec.Command("srun", append(args, argv...)...)
}
