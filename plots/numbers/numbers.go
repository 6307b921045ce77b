// Package numbers compares documents with the results that they tell of. A file binds the numbers of a text to expressions
// on results, or names them constants and says why; Check finds numbers that are wrong, and those that look measured and
// are neither. docs/results.md describes the file.
//
// It imports plots/query; only its own test uses it.
package numbers

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/powbench/powbench/plots/query"
)

// A Book is a file of bindings and constants, by the documents that they are in.
type Book struct {
	file      string
	Numbers   map[string][]binding  `yaml:"numbers"`
	Constants map[string][]constant `yaml:"constants"`
}

// anyDocument has the constants of all documents.
const anyDocument = "*"

// A binding says what the numbers of a text must be. The text is a pattern: {} stands for a number, alone or as in
// "55.8 ± 1.1", {x} for a value of the loop's variable x in any case, and a space for any white space. The document must
// have it once.
type binding struct {
	Text   query.Source  `yaml:"text"`
	For    query.Loop    `yaml:"for"`
	Values query.Sources `yaml:"values"` // one for each {}
}

// A constant is numbers that no result has: those in texts, which are as they stand or patterns with {} as above, or in
// whole sections.
type constant struct {
	Texts    query.Sources `yaml:"text"`
	Sections query.Sources `yaml:"section"` // headings; theirs and all below
	Reason   string        `yaml:"reason"`
}

// Load reads a book.
func Load(file string) (*Book, error) {
	b := &Book{file: file}
	if err := query.ReadYAML(file, b); err != nil {
		return nil, err
	}
	for _, all := range b.Constants {
		for _, c := range all {
			if c.Reason == "" || len(c.Texts)+len(c.Sections) == 0 {
				return nil, fmt.Errorf("%s: a constant needs a reason, and a text or a section", file)
			}
		}
	}
	return b, nil
}

// A Finding is what is wrong with a number of a document.
type Finding struct {
	File string
	Line int
	What string
}

// String is the finding with its place.
func (f Finding) String() string { return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.What) }

// Check compares the documents with the results. Documents are named relative to root, as in the book. The error is of
// a book that is wrong in itself or does not fit the documents any more.
func (b *Book) Check(root string, names []string, results *query.Results) ([]Finding, error) {
	documents, err := b.read(root, names, results)
	if err != nil {
		return nil, err
	}
	var findings []Finding
	for name, d := range documents {
		find := func(s span, format string, args ...any) {
			findings = append(findings, Finding{name, d.line(s), fmt.Sprintf(format, args...)})
		}
		for _, x := range d.bound {
			if is := d.text(x.span); is != x.want {
				find(x.span, "says %s, but the results say %s", is, x.want)
			}
		}
		for _, s := range d.measured() {
			if !slices.ContainsFunc(d.excused, func(x span) bool { return x.from <= s.from && s.to <= x.to }) {
				find(s, "%s is neither bound to results nor a constant: …%s…", d.text(s), d.around(s))
			}
		}
	}
	slices.SortFunc(findings, func(x, y Finding) int {
		return cmp.Or(cmp.Compare(x.File, y.File), cmp.Compare(x.Line, y.Line))
	})
	return findings, nil
}

// Update writes the numbers that the results say into the documents.
func (b *Book) Update(root string, names []string, results *query.Results) error {
	documents, err := b.read(root, names, results)
	if err != nil {
		return err
	}
	for name, d := range documents {
		slices.SortFunc(d.bound, func(x, y bound) int { return y.from - x.from }) // the last first: places stay
		for _, x := range d.bound {
			d.source = slices.Concat(d.source[:x.from], []byte(x.want), d.source[x.to:])
		}
		if err := os.WriteFile(filepath.Join(root, name), d.source, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// read reads the documents and finds in them what the book binds and excuses.
func (b *Book) read(root string, names []string, results *query.Results) (map[string]*document, error) {
	documents := map[string]*document{}
	for _, name := range names {
		source, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return nil, err
		}
		documents[name] = newDocument(source)
	}
	for name, all := range sorted(b.Numbers) {
		for _, x := range all {
			for _, vars := range x.For.Rounds() {
				if err := bind(documents[name], name, x, vars, results); err != nil {
					return nil, fmt.Errorf("%s:%d: %w", b.file, x.Text.Line, err)
				}
			}
		}
	}
	for name, all := range sorted(b.Constants) {
		among := documents
		if d := documents[name]; d != nil {
			among = map[string]*document{name: d}
		} else if name != anyDocument {
			return nil, fmt.Errorf("%s: there is no document %q", b.file, name)
		}
		for _, x := range all {
			if err := excuse(among, name, x); err != nil {
				return nil, fmt.Errorf("%s:%w", b.file, err)
			}
		}
	}
	return documents, nil
}

// sorted goes through the documents in the order of their names, so that of several errors it is always the same one.
func sorted[T any](m map[string]T) iter.Seq2[string, T] {
	return func(yield func(string, T) bool) {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			if !yield(name, m[name]) {
				return
			}
		}
	}
}

// bind finds a binding's text and evaluates what its numbers must be.
func bind(d *document, name string, x binding, vars map[string]any, results *query.Results) error {
	if d == nil {
		return fmt.Errorf("there is no document %q", name)
	}
	p, err := newPattern(x.Text.Text, vars)
	if err != nil {
		return err
	}
	if len(p.holes) != len(x.Values) {
		return fmt.Errorf("%d values for %d {}: give one for each", len(x.Values), len(p.holes))
	}
	matches := p.FindAllSubmatchIndex(d.source, -1)
	if len(matches) != 1 {
		return fmt.Errorf("%s has the text %q %d times, %v: it must be there once, change this text or the document's",
			name, x.Text.Text, len(matches), vars)
	}
	for i := range p.NumSubexp() {
		d.excused = append(d.excused, span{matches[0][2*i+2], matches[0][2*i+3]})
	}
	for i, value := range x.Values {
		q, err := results.Evaluate(value.Text, vars)
		if err != nil {
			return fmt.Errorf("line %d: %w", value.Line, err)
		}
		if !q.Known() {
			return fmt.Errorf("line %d: %s: not in the results: %s", value.Line, value.Text, strings.Join(q.Missing, ", "))
		}
		s := span{matches[0][2*p.holes[i]], matches[0][2*p.holes[i]+1]}
		d.bound = append(d.bound, bound{s, render(q.Interval(), d.text(s))})
	}
	return nil
}

// excuse finds what a constant excuses. One that excuses nothing is out of date.
func excuse(among map[string]*document, name string, x constant) error {
	for _, s := range x.Sections {
		d := among[name]
		if d == nil || !d.excuseSection(s.Text) {
			return fmt.Errorf("%d: %q has no section %q", s.Line, name, s.Text)
		}
	}
	for _, text := range x.Texts {
		p, err := newPattern(text.Text, nil)
		if err != nil {
			return fmt.Errorf("%d: %w", text.Line, err)
		}
		found := false
		for _, d := range among {
			for _, at := range p.FindAllIndex(d.source, -1) {
				found = true
				d.excused = append(d.excused, span{at[0], at[1]})
			}
		}
		if !found {
			return fmt.Errorf("%d: no document has %q any more: remove this constant", text.Line, text.Text)
		}
	}
	return nil
}
