package command_test

import (
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
