package remote

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// here runs commands on this machine, and counts them.
type here struct {
	cache    string // where copies are
	path     string // where commands are looked for first
	commands *int
}

func (here) Name() string { return "here" }

func (h here) Command(_ string, argv ...string) *exec.Cmd {
	*h.commands++
	c := exec.Command(argv[0], argv[1:]...)
	c.Env = append(os.Environ(), "XDG_CACHE_HOME="+h.cache, "PATH="+h.path+":"+os.Getenv("PATH"))
	return c
}

// A copy is made where there is none, or another one, and not where there is one: then one command says so.
func TestInstall(t *testing.T) {
	var commands int
	sh := here{cache: t.TempDir(), path: t.TempDir(), commands: &commands}
	var path string
	for i, c := range []struct {
		what string
		want int // commands
	}{{"nothing there", 2}, {"a copy there", 1}, {"another one there", 2}} {
		if i == 2 {
			if err := os.WriteFile(path, []byte("another"), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		commands = 0
		var err error
		if path, err = install(t.Context(), sh, "node1"); err != nil {
			t.Fatal(err)
		}
		b, err := self()
		if err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command("cmp", path, b.file).CombinedOutput(); err != nil || commands != c.want {
			t.Errorf("%s: %d commands, want %d; %v %s", c.what, commands, c.want, err, out)
		}
	}
	if err := os.WriteFile(filepath.Join(sh.path, "uname"), []byte("#!/bin/sh\necho Linux vax\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := install(t.Context(), sh, "node1"); err == nil || !strings.Contains(err.Error(), `node1 is a machine of "Linux vax"`) {
		t.Errorf("another architecture: %v", err)
	}
}

// Only when ssh itself failed is what it says read as ssh's: a program that may not run there is no matter of passwords.
func TestExplain(t *testing.T) {
	for _, c := range []struct {
		status, says, want string
	}{
		{"255", "root@node1: Permission denied (publickey).", "log in without a password must work"},
		{"255", "Timeout, server node1 not responding.", "the machine or the network to it is gone"},
		{"126", "sh: /home/x/powbench: Permission denied", "ssh node1: sh: /home/x/powbench: Permission denied (exit status 126)"},
		{"3", "", "ssh node1: exit status 3"},
	} {
		err := explain(SSH{}, "node1", exec.Command("sh", "-c", "exit "+c.status).Run(), c.says)
		if !strings.Contains(err.Error(), c.want) || (c.status == "126" && strings.Contains(err.Error(), "password")) {
			t.Errorf("%q, exit status %s: %v, want %q", c.says, c.status, err, c.want)
		}
	}
	if err := explain(SSH{}, "node1", errors.New("exit status 0"), ""); err.Error() != "ssh node1: exit status 0" {
		t.Error(err)
	}
}

// Of what a command says the end is kept.
func TestTail(t *testing.T) {
	var said tail
	for range 100 {
		_, _ = said.Write([]byte(strings.Repeat("x", 100)))
	}
	_, _ = said.Write([]byte("the end"))
	if len(said.text) != tailBytes || !strings.HasSuffix(string(said.text), "the end") {
		t.Errorf("%d bytes are kept", len(said.text))
	}
}

// A command that leaves something behind with its output, as ssh does with a shared connection, ends when it does.
func TestCommandThatLeavesItsOutputOpen(t *testing.T) {
	c := exec.Command("sh", "-c", "sleep 30 >&2 & echo $!")
	var out, said tail
	c.Stdout, c.Stderr = &out, &said
	own(c)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if err := wait(c); err != nil {
		t.Error(err)
	}
	if err := exec.Command("kill", strings.TrimSpace(string(out.text))).Run(); err != nil {
		t.Errorf("it did not wait for less than what was left behind: %v", err)
	}
}
