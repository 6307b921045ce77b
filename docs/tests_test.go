package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every test that a document names is there: a promise that rests on a test that is gone is none.
func TestNamedTestsExist(t *testing.T) {
	declared := map[string]bool{}
	function := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	err := filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, m := range function.FindAllSubmatch(source, -1) {
			declared[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	documents, _ := filepath.Glob("../*.md")
	more, _ := filepath.Glob("*.md")
	name, named := regexp.MustCompile("`(Test[A-Z]\\w*)`"), 0
	for _, d := range append(documents, more...) {
		text, err := os.ReadFile(d)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range name.FindAllSubmatch(text, -1) {
			if named++; !declared[string(m[1])] {
				t.Errorf("%s names %s, which is in no package", filepath.Base(d), m[1])
			}
		}
	}
	if named == 0 {
		t.Error("no document names a test: does this look in the right place?")
	}
}
