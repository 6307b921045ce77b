package command

import (
	"bytes"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The binary that only reads results has no protocol, network, database or process of a run in it.
func TestAnalysisImportsOnlyPlotsAndResult(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "github.com/powbench/powbench/cmd/powbench-analysis").Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := strings.Fields(string(out))
	ours := regexp.MustCompile(`^github\.com/powbench/powbench/(cmd/powbench-analysis|harness/result|plots(/.*)?)$`)
	for _, d := range deps {
		if strings.HasPrefix(d, "github.com/powbench/") && !ours.MatchString(d) ||
			strings.HasPrefix(d, "github.com/cockroachdb/") || slices.Contains([]string{"net/rpc", "crypto/tls"}, d) {
			t.Errorf("cmd/powbench-analysis imports %s", d)
		}
	}
}

// run runs the command to its end and returns its exit code and both its outputs.
func run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	root := Root()
	root.SetArgs(args)
	root.SetOut(&out)
	root.SetErr(&errs)
	return Execute(root), out.String(), errs.String()
}

func TestUsageErrors(t *testing.T) {
	const lan, attack = "../../results/reference/lan/fig2b", "../../results/reference/attack"
	for want, args := range map[string][]string{ // in the one error
		`unknown command "run"`:                              {"run"},
		"unknown flag: --fast":                               {"plot", "--fast", lan},
		"requires at least 1 arg":                            {"plot"},
		"testdata: no manifest.json there":                   {"plot", "testdata"},
		"schema version 0":                                   {"plot", "testdata/schema0"},
		"accepts 2 arg(s), received 1":                       {"compare", lan},
		"testdata: no manifest.json there: ":                 {"compare", lan, "testdata"},
		"schema0/manifest.json: results of schema version 0": {"compare", "testdata/schema0", "testdata/schema0"},
		"no points there":                                    {"compare", attack, attack},
		"reference/attack: no points there":                  {"export", attack},
	} {
		code, stdout, stderr := run(t, args...)
		if code != Misused || stdout != "" || !strings.Contains(stderr, want) || strings.Count(stderr, "powbench: ") != 1 {
			t.Errorf("%v: exit code %d, output %q, error %q, want one error with %q", args, code, stdout, stderr, want)
		}
	}
}
