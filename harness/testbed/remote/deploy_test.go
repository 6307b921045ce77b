package remote

import (
	"errors"
	"os/exec"
	"strings"
	"testing"
)

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
