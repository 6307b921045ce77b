// Package numbers holds documents to the results that they speak of. A file binds the numbers of a text to expressions on
// results, or names them constants and says why; Check finds numbers that are wrong, and those that look measured and are
// neither. docs/results.md describes the file.
package numbers

import (
	"fmt"

	"github.com/powbench/powbench/plots/query"
)

// A Book is a file of bindings.
type Book struct {
	file     string
	Bindings []binding `yaml:"numbers"`
	Excused  []excuse  `yaml:"constants"`
}

// A binding says what the numbers of a text must be. The text is a pattern: {} stands for a number, alone or as in
// "55.8 ± 1.1", {x} for a value of the loop's variable x in any case, and a space for any white space. It must be found
// once.
type binding struct {
	File   string        `yaml:"file"`
	Text   query.Source  `yaml:"text"`
	For    query.Loop    `yaml:"for"`
	Values query.Sources `yaml:"values"` // one for each {}
}

// An excuse is for numbers that no result has: those in texts, which are as they stand or patterns with {} as above, or in
// whole sections.
type excuse struct {
	File     string        `yaml:"file"` // none: any
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
	for _, e := range b.Excused {
		if e.Reason == "" || len(e.Texts)+len(e.Sections) == 0 {
			return nil, fmt.Errorf("%s: a constant needs a reason, and a text or a section", file)
		}
	}
	return b, nil
}
