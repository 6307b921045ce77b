package command

import (
	"strings"
	"testing"
)

// A run that is compared with itself, or with one that has nothing in common, is no failure.
func TestCompareExitsZero(t *testing.T) {
	const lan = "../../results/reference/lan/"
	for other, want := range map[string]string{
		"fig2b": "| 1.000 [0.967, 1.034] | no difference found |",
		"fig2c": "### Points in only one of the two",
	} {
		code, stdout, stderr := run(t, "compare", "--markdown", lan+"fig2b", lan+other)
		if code != Done || stderr != "" || !strings.Contains(stdout, want) {
			t.Errorf("fig2b with %s: exit code %d, error %q, and not %q in\n%s", other, code, stderr, want, stdout)
		}
	}
}

func TestExport(t *testing.T) {
	code, stdout, stderr := run(t, "export", "../../results/reference/lan/fig2a")
	if code != Done || !strings.Contains(stdout, "\nBenchmarkMABD/op=read/t=1/value=256KiB/clients=4 ") {
		t.Errorf("exit code %d, error %q, output\n%s", code, stderr, stdout)
	}
}
