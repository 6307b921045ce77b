package numbers

import (
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/powbench/powbench/plots/query"
)

var updating = flag.Bool("update", false, "write the numbers of the reference results into the documents")

// Every number in the documents is that of the reference results.
func TestDocuments(t *testing.T) {
	const root = "../.."
	sets, found, err := query.ReadAll(filepath.Join(root, "results/reference"))
	if err != nil {
		t.Fatal(err)
	}
	results, err := query.New(sets, found)
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
	if *updating {
		if err := b.update(root, documents, results); err != nil {
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

// update writes the numbers that the results say into the documents.
func (b *Book) update(root string, names []string, results *query.Results) error {
	documents, err := b.read(root, names, results)
	if err != nil {
		return err
	}
	for name, d := range documents {
		last := slices.SortedFunc(maps.Keys(d.bound), func(x, y span) int { return y.from - x.from }) // so that places stay
		for _, s := range last {
			d.source = slices.Concat(d.source[:s.from], []byte(d.bound[s]), d.source[s.to:])
		}
		if err := os.WriteFile(filepath.Join(root, name), d.source, 0o644); err != nil {
			return err
		}
	}
	return nil
}
