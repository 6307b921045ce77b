package command

import (
	"bytes"
	"strings"
	"testing"
)

// Who misspells a command or a flag is told which one is meant, and that nothing was done.
func TestMisspelt(t *testing.T) {
	for args, want := range map[string]string{
		"plto":             `unknown command "plto" for "powbench": did you mean "plot"?`,
		"nope":             `unknown command "nope" for "powbench" (see powbench --help)`,
		"help nope":        `unknown command "nope" for "powbench" (see powbench --help)`,
		"help reprot":      `did you mean "report"?`,
		"help plot more":   `unknown command "plot more"`,
		"plot --otu x dir": `unknown flag: --otu: did you mean "--out"?`,
		"plot --zzz dir":   `unknown flag: --zzz (see powbench plot --help)`,
	} {
		root := Root()
		var out, errs bytes.Buffer
		root.SetOut(&out)
		root.SetErr(&errs)
		root.SetArgs(strings.Fields(args))
		if code := Execute(root); code != Misused || !strings.Contains(errs.String(), want) || out.Len() > 0 {
			t.Errorf("%s: exit code %d, %q, printed %q, want %q", args, code, errs.String(), out.String(), want)
		}
	}
}

// Help of a command that there is succeeds.
func TestHelp(t *testing.T) {
	for _, args := range []string{"help", "help plot", "plot --help"} {
		root := Root()
		var out bytes.Buffer
		root.SetOut(&out)
		root.SetArgs(strings.Fields(args))
		if code := Execute(root); code != Done || !strings.Contains(out.String(), "Usage:") {
			t.Errorf("%s: exit code %d, %q", args, code, out.String())
		}
	}
}
