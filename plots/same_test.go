package plots

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/powbench/powbench/harness/result"
)

// The same results make the same files, whenever they are drawn.
func TestDrawnTwiceIsTheSame(t *testing.T) {
	var drawn [2][]string
	for i := range drawn {
		var err error
		if drawn[i], err = Draw([]*result.Set{syntheticFigure("2a", 3)}, t.TempDir(), 0); err != nil {
			t.Fatal(err)
		}
	}
	if len(drawn[0]) != 3 || len(drawn[1]) != len(drawn[0]) {
		t.Fatalf("%d and %d files", len(drawn[0]), len(drawn[1]))
	}
	for i, first := range drawn[0] {
		a, err := os.ReadFile(first)
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(drawn[1][i])
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a, b) {
			t.Errorf("%s differs", filepath.Base(first))
		}
		if filepath.Ext(first) == ".pdf" && !bytes.Contains(a, []byte("/CreationDate (D:1970")) {
			t.Errorf("%s says when it was drawn", filepath.Base(first)) // within one second it would be the same all the same
		}
	}
}
