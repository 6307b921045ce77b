package query

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/yamlfile"
)

// A short file may name more combinations than memory holds.
func TestLoopsAreBounded(t *testing.T) {
	for variables, want := range map[int]string{4: "", 5: "x.yaml: for: its variables have more than 10000 combinations"} {
		text := "for:\n"
		for i := range variables {
			text += fmt.Sprintf("  v%d: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]\n", i)
		}
		file := filepath.Join(t.TempDir(), "x.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var into struct {
			For Loop `yaml:"for"`
		}
		err := yamlfile.Read(file, &into)
		if want == "" && (err != nil || len(into.For.Rounds()) != maxRounds) {
			t.Errorf("%d variables: %d rounds, %v", variables, len(into.For.Rounds()), err)
		} else if want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%d variables: error %v, want %q in it", variables, err, want)
		}
	}
}
