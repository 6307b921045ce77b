// Package numbers compares the numbers in documents with the results. A file binds the numbers of a text to expressions
// on results, or names them constants and says why; Check finds wrong numbers, and numbers that look measured but are
// neither bound nor constants. docs/results.md describes the file.
//
// It imports plots/query and harness/yamlfile; plots/command imports it, and its own test uses it.
package numbers

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/powbench/powbench/harness/yamlfile"
	"github.com/powbench/powbench/plots/query"
)

// A Book is a file of bindings and constants, by the documents that they are in.
type Book struct {
	file      string
	Numbers   map[string][]entry `yaml:"numbers"`
	Constants map[string][]entry `yaml:"constants"`
}

// An entry says what the numbers of texts must be, or why no result has them. A text is a pattern: {} stands for a number,
// alone or as in "55.8 ± 1.1", {x} for a value of the loop's variable x in any case, and a space for any white space. The
// document must have a text with values once.
type entry struct {
	Texts    query.Sources `yaml:"text"`
	For      query.Loop    `yaml:"for"`
	Values   query.Sources `yaml:"values"`  // one for each {}
	Sections query.Sources `yaml:"section"` // headings: all numbers there and below are constants
	Reason   string        `yaml:"reason"`  // of a constant
}

// Load reads a book.
func Load(file string) (*Book, error) {
	b := &Book{file: file}
	if err := yamlfile.Read(file, b); err != nil {
		return nil, err
	}
	for _, c := range slices.Concat(slices.Collect(maps.Values(b.Constants))...) {
		if c.Reason == "" || len(c.Texts)+len(c.Sections) == 0 {
			return nil, fmt.Errorf("%s: a constant needs a reason, and a text or a section", file)
		}
	}
	return b, nil
}

// Check compares the documents with the results and says what is wrong where, in order. Documents are named relative to
// root, as in the book. The error is of a book that is wrong in itself or does not fit the documents any more.
func (b *Book) Check(root string, names []string, results *query.Results) (findings []string, err error) {
	documents, err := b.read(root, names, results)
	for _, name := range slices.Sorted(maps.Keys(documents)) {
		d := documents[name]
		wrong := map[int]string{} // by where it is
		for s, want := range d.bound {
			if is := d.text(s); is != want {
				wrong[s.from] = fmt.Sprintf("says %s, but the results say %s", is, want)
			}
		}
		for _, s := range d.measured() {
			if !slices.ContainsFunc(d.excused, func(x span) bool { return x.from <= s.from && s.to <= x.to }) {
				wrong[s.from] = fmt.Sprintf("%s is neither bound to results nor a constant: …%s…", d.text(s), d.around(s))
			}
		}
		for _, at := range slices.Sorted(maps.Keys(wrong)) {
			line := 1 + bytes.Count(d.source[:at], []byte{'\n'})
			findings = append(findings, fmt.Sprintf("%s:%d: %s", name, line, wrong[at]))
		}
	}
	return findings, err
}

// Each calls do with every expression of the book that the results have a number for, and with that number. Where an entry has
// a loop, the variables follow the expression, as in: peak("2b", "mabd", op), op = read.
func (b *Book) Each(results *query.Results, do func(expression string, is query.Interval)) error {
	for _, name := range slices.Sorted(maps.Keys(b.Numbers)) {
		for _, e := range b.Numbers[name] {
			for _, vars := range e.For.Rounds() {
				for _, value := range e.Values {
					q, err := results.Evaluate(value.Text, vars)
					if err != nil {
						return fmt.Errorf("%s:%d: %w", b.file, value.Line, err)
					}
					if q.Known() {
						do(value.Text+e.For.Label(vars), q.Interval())
					}
				}
			}
		}
	}
	return nil
}

// read reads the documents and finds the entries of the book in them.
func (b *Book) read(root string, names []string, results *query.Results) (map[string]*document, error) {
	documents := map[string]*document{}
	for _, name := range names {
		source, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return nil, err
		}
		documents[name] = newDocument(source)
	}
	for _, entries := range []map[string][]entry{b.Numbers, b.Constants} {
		for _, name := range slices.Sorted(maps.Keys(entries)) {
			among := documents
			if d := documents[name]; d != nil {
				among = map[string]*document{name: d}
			} else if name != "*" { // all documents
				return nil, fmt.Errorf("%s: there is no document %q", b.file, name)
			}
			for _, e := range entries[name] {
				if err := e.find(among, name, results); err != nil {
					return nil, fmt.Errorf("%s:%w", b.file, err)
				}
			}
		}
	}
	return documents, nil
}

// find finds the entry's texts and sections in the documents, one or all. A text that is gone is an error.
func (e entry) find(among map[string]*document, name string, results *query.Results) error {
	for _, s := range e.Sections {
		if d := among[name]; d == nil || !d.excuseSection(s.Text) {
			return fmt.Errorf("%d: %q has no section %q", s.Line, name, s.Text)
		}
	}
	for _, text := range e.Texts {
		for _, vars := range e.For.Rounds() {
			p, err := newPattern(text.Text, vars)
			if err == nil && e.Reason == "" {
				err = e.bind(among[name], p, vars, results)
			} else if err == nil && !excuse(among, p) {
				err = errors.New("this is in no document any more: remove this constant")
			}
			if err != nil {
				return fmt.Errorf("%d: %q, %v: %w", text.Line, text.Text, vars, err)
			}
		}
	}
	return nil
}

// excuse marks what fits the pattern as constant; it returns whether anything does.
func excuse(among map[string]*document, p pattern) (found bool) {
	for _, d := range among {
		for _, at := range p.FindAllIndex(d.source, -1) {
			found = true
			d.excused = append(d.excused, span{at[0], at[1]})
		}
	}
	return found
}

// bind finds the pattern and evaluates the values of its numbers.
func (e entry) bind(d *document, p pattern, vars map[string]any, results *query.Results) error {
	if d == nil {
		return errors.New(`numbers are those of one document: name it in place of "*"`)
	}
	if len(p.holes) != len(e.Values) {
		return fmt.Errorf("%d values for %d {}: give one for each", len(e.Values), len(p.holes))
	}
	matches := p.FindAllSubmatchIndex(d.source, -1)
	if len(matches) != 1 {
		return fmt.Errorf("the document has this text %d times: it must be there once, change this text or the document's",
			len(matches))
	}
	groups := slices.Collect(slices.Chunk(matches[0], 2))
	for _, at := range groups[1:] {
		d.excused = append(d.excused, span{at[0], at[1]})
	}
	for i, value := range e.Values {
		q, err := results.Evaluate(value.Text, vars)
		if err == nil && !q.Known() {
			err = fmt.Errorf("%s: not in the results: %s", value.Text, strings.Join(slices.Concat(q.Missing, q.Few), ", "))
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", value.Line, err)
		}
		s := span{groups[p.holes[i]][0], groups[p.holes[i]][1]}
		d.bound[s] = render(q.Interval(), d.text(s))
	}
	return nil
}
