package numbers

import (
	"flag"
	"path/filepath"
	"testing"

	"github.com/powbench/powbench/plots/query"
)

var update = flag.Bool("update", false, "write the numbers of the reference results into the documents")

// Every number in the documents is that of the reference results.
func TestDocuments(t *testing.T) {
	const root = "../.."
	sets, simulated, err := query.ReadAll(filepath.Join(root, "results/reference"))
	if err != nil {
		t.Fatal(err)
	}
	results, err := query.New(sets, simulated...)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Load(filepath.Join(root, "docs/numbers.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	documents := []string{"README.md"}
	files, _ := filepath.Glob(filepath.Join(root, "docs/*.md"))
	for _, f := range files {
		documents = append(documents, filepath.Join("docs", filepath.Base(f)))
	}
	if *update {
		if err := b.Update(root, documents, results); err != nil {
			t.Fatal(err)
		}
	}
	findings, err := b.Check(root, documents, results)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		t.Error(f)
	}
}
