package history

import (
	"bytes"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
	seeds "github.com/powbench/powbench/harness/sweep" // the package has a sweep of its own
)

// Whatever a history's file holds, it is refused with a place or read; what is read can be checked, drawn and written, and is then read
// as it was.
func FuzzParse(f *testing.F) {
	var text bytes.Buffer
	if err := writeAll(&text, history(w(1, 1, 2), r(1, 3, 4), r(0, 0, 1), crashed(w(2, 5, 6)))); err != nil {
		f.Fatal(err)
	}
	f.Add(text.Bytes())
	if line, _, ok := strings.Cut(text.String(), "\n"); ok {
		f.Add([]byte(line + "\n{\n"))
	}
	seeds.Fuzz(f, func(t testing.TB, content []byte) {
		entries, err := Parse(bytes.NewReader(content), "x")
		if err != nil {
			if !strings.Contains(err.Error(), "x") {
				t.Errorf("%q has no place", err)
			}
			return
		}
		if len(entries) > 200 {
			return // porcupine's oracles need not be hurried
		}
		report := Check(entries)
		_, _, _ = Timeline(report.Involved), Regular(entries), Safe(entries)
		if report.Code == result.Violation && len(report.Involved) == 0 {
			t.Errorf("a violation by no operation: %s", report.Detail)
		}
		var again bytes.Buffer
		if err := writeAll(&again, entries); err != nil {
			t.Fatal(err)
		}
		back, err := Parse(&again, "y")
		if err != nil || len(back) != len(entries) {
			t.Fatalf("%d entries become %d: %v", len(entries), len(back), err)
		}
	})
}
