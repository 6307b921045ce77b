package command

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/powbench/powbench/netem/guest"
	"github.com/powbench/powbench/plots/command"
)

// asCommand in the environment makes this test binary the powbench command, for itself and the children it starts.
const asCommand = "POWBENCH_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	guest.Init()
	if os.Getenv(asCommand) != "" {
		os.Exit(Main())
	}
	os.Exit(m.Run())
}

// powbench prepares the command as a process of its own in its own folder; its death takes its children along.
func powbench(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(os.Environ(), asCommand+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	return cmd
}

// run runs the command to its end and returns its exit code and both its outputs.
func run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	cmd := powbench(t, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatalf("powbench %v: %v", args, err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

func TestUsageErrors(t *testing.T) {
	long := strings.Repeat("k", 5000)
	for _, c := range []struct {
		name string
		args []string
		want string // in the one error
	}{
		{"unknown flag", []string{"run", "--fast", "x.yaml"}, "unknown flag: --fast"},
		{"no config", []string{"run"}, "requires at least 1 arg"},
		{"missing config", []string{"run", "no-such.yaml"}, "no-such.yaml"},
		{"bad config", []string{"plan", "testdata/t0.yaml"}, "testdata/t0.yaml:2:5"},
		{"unknown command", []string{"fly"}, `unknown command "fly"`},
		{"unknown protocol", []string{"up", "--protocol", "paxos"}, "choose one of mpowerstore, mabd, phalanx, powerstore"},
		{"unknown suite", []string{"up", "--suite", "rot13"}, "rot13"},
		{"unknown durability", []string{"up", "--durability", "hope"}, "hope"},
		{"no faults", []string{"up", "--t", "0"}, "at least 1"},
		{"no cluster", []string{"get", "--dir", "no-such", "key"}, "powbench up --dir no-such"},
		{"long key", []string{"get", long}, "the limit is 4096"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, stdout, stderr := run(t, c.args...)
			if code != command.Misused {
				t.Errorf("exit code %d, want %d", code, command.Misused)
			}
			if stdout != "" {
				t.Errorf("standard output: %q, want none", stdout)
			}
			if !strings.Contains(stderr, c.want) || strings.Count(stderr, "powbench: ") != 1 {
				t.Errorf("standard error: %q, want one error with %q", stderr, c.want)
			}
		})
	}
}

// TestExamples parses every command line that a help text gives as an example.
func TestExamples(t *testing.T) {
	for _, c := range newRoot().Commands() {
		if c.Hidden {
			continue
		}
		if c.Example == "" {
			t.Errorf("%s has no example", c.Name())
		}
		for line := range strings.Lines(c.Example) {
			t.Run(strings.TrimSpace(line), func(t *testing.T) { parseExample(t, line) })
		}
	}
}

func parseExample(t *testing.T, line string) {
	if _, piped, ok := strings.Cut(line, "|"); ok {
		line = piped
	}
	words := strings.Fields(line)
	if words[0] != "powbench" {
		t.Fatalf("the example does not run powbench")
	}
	found, rest, err := newRoot().Find(words[1:])
	if err != nil {
		t.Fatal(err)
	}
	if err := found.ParseFlags(rest); err != nil {
		t.Fatal(err)
	}
	if err := validateArgs(found); err != nil {
		t.Fatal(err)
	}
}

func validateArgs(c *cobra.Command) error { return c.ValidateArgs(c.Flags().Args()) }

func TestPlan(t *testing.T) {
	for _, file := range []string{"fig2a", "fig2b", "fig2c", "smoke"} {
		code, stdout, stderr := run(t, "plan", "../../configs/"+file+".yaml")
		if code != command.Done || !strings.Contains(stdout, "mpowerstore") {
			t.Errorf("plan %s: exit code %d, output %q, error %q", file, code, stdout, stderr)
		}
	}
}
