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

	"github.com/powbench/powbench/harness/study"
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
	code := m.Run()
	for _, do := range tidy {
		do()
	}
	os.Exit(code)
}

// tidy is what is left to do when all tests are over.
var tidy []func()

// powbench prepares the command as a process of its own in its own folder; its death takes its children along.
func powbench(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Minute) // a guest is slow on some machines
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(os.Environ(), asCommand+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	return cmd
}

// play runs the command as a process of its own to its end and returns its exit code and both its outputs.
func play(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return playIn(t, "", args...)
}

// playIn plays in a folder.
func playIn(t *testing.T, dir string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	cmd := powbench(t, args...)
	cmd.Dir = dir
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatalf("powbench %v: %v", args, err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

// run runs a command that starts no process in this one.
func run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(&out)
	root.SetErr(&errs)
	return command.Execute(root, study.ErrUsage), out.String(), errs.String()
}

func TestUsageErrors(t *testing.T) {
	for _, c := range []struct{ args, want string }{ // in the one error
		{"fly", `unknown command "fly"`},
		{"run --fast x.yaml", "unknown flag: --fast"},
		{"run", "requires at least 1 arg"},
		{"run no-such.yaml", "no-such.yaml"},
		{"run ../../configs/table1.yaml", "this is a file for `powbench costs`"},
		{"plan testdata/t0.yaml", "testdata/t0.yaml:2:5"},
		{"run testdata/two-disks.yaml", "testdata/two-disks.yaml: figure 2b cannot show both durability write and durability fsync"},
		{"costs ../../configs/smoke.yaml", "this is a file for `powbench run`"},
		{"costs", "accepts 1 arg(s), received 0"},
		{"costs none.yaml", "none.yaml: no such file"},
		{"up --protocol paxos", "choose one of mpowerstore, mabd, phalanx, powerstore"},
		{"up --suite rot13", "rot13"},
		{"up --durability hope", "hope"},
		{"up --t 0", "at least 1"},
		{"up --auth ssh", `unknown --auth "ssh": choose none or tls`},
		{"up --listen 0.0.0.0", "no address by which clients can reach this machine"},
		{"put --as reader-1 key command_test.go", "reader 1 cannot write: name a writer by --as"},
		{"get --as server-1 key", "a client is a writer or a reader"},
		{"get --as nobody key", "names nobody: a name is a role and a number from 1"},
		{"certs --days 0", "--days is 0"},
		{"certs --servers -1", "--servers is -1"},
		{"certs --servers 0 --writers 0 --readers 0", "nobody is to have a certificate"},
		{"certs revoke", "name whose, such as writer-1"},
		{"certs revoke admin-1", "names nobody"},
		{"up --metrics 0", "give a port above 0"},
		{"get --dir no-such key", "powbench up --dir no-such"},
		{"get " + strings.Repeat("k", 5000), "the limit is 4096"},
		{"attack --attack B99", `unknown attack "B99": choose one of none, B0`},
		{"attack --protocol paxos", `unknown protocol "paxos"`},
		{"attack --t 0", "--t is 0"},
		{"attack --fast", "unknown flag: --fast"},
		{"soak --fault flood", `unknown fault "flood": choose one of none, kill`},
		{"soak --duration 1s", "has no room for a stint of 1m0s"},
		{"soak --durability memory", "choose fsync or write"},
		{"simulate --attack B99", "unknown attack"},
		{"simulate --protocol paxos", "unknown protocol"},
		{"simulate --durability paper", "unknown durability"},
		{"simulate --suite none", "unknown crypto"},
		{"simulate --protocol mabd --attack B6", "none of the attack"},
		{"simulate --t -1", "t is -1"},
		{"check --timeout 0s x", "--timeout is 0s, want more than 0"},
	} {
		code, stdout, stderr := run(t, strings.Fields(c.args)...)
		if code != command.Misused || stdout != "" || !strings.Contains(stderr, c.want) || strings.Count(stderr, "powbench: ") != 1 {
			t.Errorf("%s: exit code %d, output %q, error %q, want one error with %q", c.args, code, stdout, stderr, c.want)
		}
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
