package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	lanReference = "../../results/reference/lan/fig2b"
	claimsFile   = "../../configs/claims.yaml"
)

// A claim that does not hold is a result: the report is written, and the command has done what it should.
func TestReport(t *testing.T) {
	out := filepath.Join(t.TempDir(), "new", "report.html")
	code, stdout, stderr := run(t, "report", "--claims", claimsFile, "--out", out, lanReference)
	if code != Done {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	for _, want := range []string{"holds", "does not hold", "not measured", "missing: "} {
		if !strings.Contains(stdout, want) {
			t.Errorf("standard output lacks %q", want)
		}
	}
	page, err := os.ReadFile(out)
	if err != nil || !strings.Contains(string(page), "What the paper claims") {
		t.Errorf("the report has %d bytes, %v", len(page), err)
	}
}

// What cannot be reported on is bad usage, and leaves an earlier report as it is.
func TestReportRefuses(t *testing.T) {
	dir := t.TempDir()
	out, unknown := filepath.Join(dir, "report.html"), filepath.Join(dir, "claims.yaml")
	for file, content := range map[string]string{
		out:     "earlier",
		unknown: "claims:\n  - {id: a, section: §1, claim: b, reading: c, holds: 'peak(\"9z\", \"mabd\", \"read\") > 1'}\n",
	} {
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		args []string
		want string // in the one error
	}{
		{[]string{"--claims", claimsFile, "testdata"}, "no manifest.json there"},
		{[]string{"--claims", claimsFile, "testdata/schema0"}, "schema version 0"},
		{[]string{"--claims", claimsFile, lanReference, lanReference}, "give only one of the two"},
		{[]string{"--claims", unknown, lanReference}, `unknown figure "9z"`},
		{[]string{"--claims", "no-such.yaml", lanReference}, "no-such.yaml"},
		{[]string{"--claims", claimsFile, "--simulated", claimsFile, lanReference}, "name a file of powbench simulate"},
	} {
		code, stdout, stderr := run(t, append([]string{"report", "--out", out}, c.args...)...)
		if code != Misused || stdout != "" || !strings.Contains(stderr, c.want) || strings.Count(stderr, "powbench: ") != 1 {
			t.Errorf("%v: exit code %d, output %q, error %q, want %q in it", c.args, code, stdout, stderr, c.want)
		}
	}
	if content, err := os.ReadFile(out); string(content) != "earlier" {
		t.Errorf("the earlier report became %q, %v", content, err)
	}
}
