package command

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
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
	ours := regexp.MustCompile(`^github\.com/powbench/powbench/(cmd/powbench-analysis|harness/result|harness/meant|harness/yamlfile|plots(/.*)?)$`)
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

const (
	lan        = "../../results/reference/lan/fig2b"
	attack     = "../../results/reference/attack"
	claimsFile = "../../configs/claims.yaml"
)

func TestUsageErrors(t *testing.T) {
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

// A claim that does not hold is a result: the report is written, and the command has done what it should.
func TestReport(t *testing.T) {
	out := filepath.Join(t.TempDir(), "new", "report.html")
	code, stdout, stderr := run(t, "report", "--claims", claimsFile, "--out", out, lan)
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
		{[]string{"--claims", claimsFile, lan, lan}, "give only one of the two"},
		{[]string{"--claims", unknown, lan}, `unknown figure "9z"`},
		{[]string{"--claims", "no-such.yaml", lan}, "no-such.yaml"},
		{[]string{"--claims", claimsFile, "--simulated", claimsFile, lan}, "name a file of powbench simulate"},
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

// A run that is compared with itself, or with one that has nothing in common, is no failure.
func TestCompareExitsZero(t *testing.T) {
	for other, want := range map[string]string{
		"fig2b": "| 1.000 [0.997, 1.003] | no difference found |",
		"fig2c": "### Points in only one of the two",
	} {
		code, stdout, stderr := run(t, "compare", "--markdown", lan, "../../results/reference/lan/"+other)
		if code != Done || stderr != "" || !strings.Contains(stdout, want) {
			t.Errorf("fig2b with %s: exit code %d, error %q, and not %q in\n%s", other, code, stderr, want, stdout)
		}
	}
}

// A comparison fails if it is told to and a difference is sure, never by itself.
func TestCompareFailsAbove(t *testing.T) {
	slow := t.TempDir()
	for _, name := range []string{"manifest.json", "points.jsonl"} {
		text, err := os.ReadFile(filepath.Join(lan, name))
		if err != nil {
			t.Fatal(err)
		}
		// A fifth of the throughput: the first digit of what is at least 10 is lost.
		text = regexp.MustCompile(`"throughput_MBps":[0-9]([0-9])`).ReplaceAll(text, []byte(`"throughput_MBps":$1`))
		if err := os.WriteFile(filepath.Join(slow, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{lan, lan}, Done, ""},
		{[]string{"--fail-above", "0%", lan, lan}, Done, ""},
		{[]string{lan, slow}, Done, ""},
		{[]string{"--fail-above", "5%", lan, slow}, Failed, "is worse by more than 5% in "},
		{[]string{"--fail-above", "5%", slow, lan}, Done, ""}, // better is no failure
		{[]string{"--fail-above", "5", lan, lan}, Misused, "want a share such as 5%"},
	} {
		if code, _, stderr := run(t, append([]string{"compare"}, c.args...)...); code != c.code || !strings.Contains(stderr, c.want) {
			t.Errorf("%v: exit code %d, error %q, want %d and %q", c.args, code, stderr, c.code, c.want)
		}
	}
}

func TestVersion(t *testing.T) {
	if code, stdout, _ := run(t, "--version"); code != Done || !strings.HasPrefix(stdout, "powbench ") || !strings.Contains(stdout, "go1.") {
		t.Errorf("exit code %d, output %q", code, stdout)
	}
}

// Shells complete what a flag may be.
func TestCompletion(t *testing.T) {
	if _, stdout, _ := run(t, "__complete", "export", "--format", ""); !strings.Contains(stdout, "pgfplots\n") {
		t.Errorf("completions of --format: %q", stdout)
	}
}

// What export cannot do is bad usage.
func TestExportRefuses(t *testing.T) {
	for want, args := range map[string][]string{
		"--format xml: it is one of benchstat, csv, dat, pgfplots, hgrm, latex": {"--format", "xml", lan},
		"--out: csv goes to standard output: redirect it instead":               {"--format", "csv", "--out", "x", lan},
		`--value peak("2b", "cas", "read"): not in the results: `:               {"--format", "latex", "--claims", "", "--numbers", "", "--value", `peak("2b", "cas", "read")`, lan},
		"no points there": {"--format", "csv", attack},
	} {
		code, stdout, stderr := run(t, append([]string{"export"}, args...)...)
		if code != Misused || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("%v: exit code %d, output %q, error %q, want %q", args, code, stdout, stderr, want)
		}
	}
}

// Macros say the numbers of the documents, the verdicts on claims, and what is asked for.
func TestExportLatex(t *testing.T) {
	ratio := `peak("2b", "mpowerstore", "read") / peak("2b", "mabd", "read")`
	code, stdout, stderr := run(t, "export", "--format", "latex", "--claims", claimsFile, "--numbers", "../../docs/numbers.yaml",
		"--value", "1 + 1", lan)
	if code != Done {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	for _, want := range []string{
		`\PB@set{value}{` + ratio + `}{1.5`, `\PB@set{interval}{` + ratio + `}{1.`, `\PB@set{claim}{peak-mabd}{holds}`,
		`\PB@set{value}{peak("2b", "mpowerstore", op, {t: t}), op = read, t = 3}{`, `\PB@set{value}{1 + 1}{2`,
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %s in\n%s", want, stdout)
		}
	}
}

func TestExport(t *testing.T) {
	code, stdout, stderr := run(t, "export", "../../results/reference/lan/fig2a")
	if code != Done || !strings.Contains(stdout, "\nBenchmarkMABD/op=read/t=1/value=256KiB/clients=4 ") {
		t.Errorf("exit code %d, error %q, output\n%s", code, stderr, stdout)
	}
}
