package cas

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const guide = "../../docs/adding-a-protocol.md"

// The guide's Go is this package's and the model's: every fenced block is in one of the files word for word.
func TestGuideQuotesTheCode(t *testing.T) {
	text, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	var sources []string
	for _, pattern := range []string{"*.go", "../*.go", "../catalog/*.go", "../../docs/outside/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			sources = append(sources, string(source))
		}
	}
	all := strings.Join(sources, "\n")
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(blocks) < 5 {
		t.Errorf("%s quotes %d blocks of code, want one for each step", guide, len(blocks))
	}
	for _, block := range blocks {
		if !strings.Contains(all, block[1]) {
			t.Errorf("%s: no source has this any more:\n%s", guide, block[1])
		}
	}
}
