package claims

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/sweep"
)

// No file of claims ends the process: it is refused with its name, or every claim can be decided without results.
func FuzzLoad(f *testing.F) {
	book, err := os.ReadFile("../../configs/claims.yaml")
	if err != nil {
		f.Fatal(err)
	}
	before, all, _ := strings.Cut(string(book), "claims:\n")
	for claim := range strings.SplitSeq(all, "\n\n") { // each for itself: a book of one is decided in a fortieth of the time
		f.Add([]byte(before + "claims:\n" + claim + "\n"))
	}
	f.Add([]byte("claims:\n  - {id: a, section: s, claim: c, reading: r, for: {x: [1, 2]}, holds: 'x > 1'}\n"))
	file := filepath.Join(f.TempDir(), "claims.yaml")
	sweep.Fuzz(f, func(t testing.TB, content []byte) {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		b, err := Load(file)
		if err != nil {
			if !strings.Contains(err.Error(), "claims.yaml") {
				t.Errorf("%q names no file", err)
			}
			return
		}
		if _, err := b.Evaluate(nil, result.Virtual{}); err != nil {
			t.Error(err)
		}
	})
}
