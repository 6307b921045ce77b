package numbers

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/sweep"
)

// Whatever a book and a document hold, the book is refused with its name and the place, or the document is compared with the
// results.
func FuzzCheck(f *testing.F) {
	f.Add([]byte(bindings), []byte(page))
	f.Add([]byte("numbers:\n  '*':\n    - {text: 'has {} MB/s', values: '1'}\n"), []byte(page))
	f.Add([]byte("constants:\n  a.md:\n    - {for: {x: [1, 2]}, text: '{x} {y}', reason: r}\n"), []byte("# A\n\n1 `2` 3 ± 4 %\n"))
	f.Add([]byte("numbers:\n  a.md:\n    - {text: '', values: ['1/0']}\n"), []byte{0xff, '1'})
	dir, results := f.TempDir(), measured(f)
	file := filepath.Join(dir, "numbers.yaml")
	sweep.Fuzz(f, func(t testing.TB, book, page []byte) {
		if err := errors.Join(os.WriteFile(file, book, 0o600), os.WriteFile(filepath.Join(dir, "a.md"), page, 0o600)); err != nil {
			t.Fatal(err)
		}
		b, err := Load(file)
		if err == nil {
			_, err = b.Check(dir, []string{"a.md"}, results)
		}
		if err != nil && !strings.Contains(err.Error(), file) {
			t.Errorf("%q names no file", err)
		}
	})
}
