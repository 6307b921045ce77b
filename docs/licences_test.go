package docs

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/licensecheck"
)

// compatible are the licences that what is linked into our programs may have: all of them allow to pass programs on under Apache 2.0,
// that of fonts (OFL) as parts of programs, some if their authors are named (CC-BY).
var compatible = []string{
	"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MPL-2.0", "Unlicense", "CC0-1.0", "CC-BY-4.0", "OFL-1.1",
}

// read are modules whose licence somebody has read, as no program knows it.
var read = map[string]string{
	"github.com/golang/freetype": "a choice between the FreeType License, which asks for its authors to be named, and the GPL",
}

// licenceFile is what a file with a licence is called.
var licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|unlicense)([-._].*)?$`)

// All that is linked into our programs has a licence that goes with ours.
func TestLicences(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}\t{{.Dir}}{{end}}", "./cmd/...")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("list what is linked: %v", err)
	}
	modules := strings.Split(strings.TrimSpace(string(out)), "\n")
	slices.Sort(modules)
	modules = slices.Compact(modules)
	if len(modules) < 10 {
		t.Fatalf("only %d modules: %q", len(modules), modules)
	}
	for _, m := range modules {
		path, dir, _ := strings.Cut(m, "\t")
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Errorf("%s: %v: run go mod download", path, err)
			continue
		}
		found := false
		for _, e := range entries {
			if e.IsDir() || !licenceFile.MatchString(e.Name()) {
				continue
			}
			found = true
			text, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				t.Error(err)
				continue
			}
			coverage := licensecheck.Scan(text)
			if len(coverage.Match) == 0 && read[path] == "" {
				t.Errorf("%s: %s is no licence that is known: read it, and add its name or drop the module", path, e.Name())
			}
			for _, l := range coverage.Match {
				if !l.IsURL && !slices.Contains(compatible, l.ID) {
					t.Errorf("%s: %s is under %s, which may not go with Apache 2.0: drop the module", path, e.Name(), l.ID)
				}
			}
		}
		if !found {
			t.Errorf("%s has no licence: drop the module", path)
		}
	}
}
