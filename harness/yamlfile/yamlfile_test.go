package yamlfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What is no such file is refused with its name, and with the place if there is one. Nothing ends the process.
func TestRead(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file.yaml")
	for content, want := range map[string]string{
		"lists:\n  a: [{x: 1}, {}]\n":  "",
		"lists:\n  a:\n   !- {x: 1}\n": "file.yaml: no YAML that can be read",
		"lists: 3\n":                   "file.yaml:1:8: ",
		"lists: {}\nmore: 1\n":         "file.yaml:2:1: ",
		"lists: {a: [x\n":              "file.yaml:",
	} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		var into struct {
			Lists map[string][]map[string]int `yaml:"lists"`
		}
		err := Read(file, &into)
		if want == "" && (err != nil || len(into.Lists["a"]) != 2) {
			t.Errorf("%q: %+v, %v", content, into, err)
		}
		if want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", content, err, want)
		}
	}
	if err := Read(filepath.Join(t.TempDir(), "none.yaml"), new(struct{})); err == nil || !strings.Contains(err.Error(), "none.yaml") {
		t.Errorf("no file: %v", err)
	}
}
