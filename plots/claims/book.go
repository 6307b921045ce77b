// Package claims decides what a paper claims from results: a book of claims has for each the inequality on results that it
// comes to, and evaluates them, with 95 % confidence intervals. docs/results.md describes the file and the outcomes.
package claims

import (
	"fmt"
	"slices"

	"github.com/powbench/powbench/plots/query"
)

// A Book is a file of claims, in which every expression has been checked.
type Book struct {
	file   string
	claims []claim
}

type claim struct {
	ID      query.Source  `yaml:"id"`
	Section string        `yaml:"section"` // of the paper
	Claim   string        `yaml:"claim"`
	Reading string        `yaml:"reading"` // what the inequality takes the claim to mean
	For     query.Loop    `yaml:"for"`     // Holds must hold for every combination of these
	Holds   query.Sources `yaml:"holds"`   // all of them
	Test    string        `yaml:"test"`    // in place of Holds: what decides a claim that no measurement can
	Note    string        `yaml:"note"`
}

// Load reads a book of claims. An error names the file, the line, the claim and the remedy: no book is half good.
func Load(file string) (*Book, error) {
	var content struct {
		Claims []claim `yaml:"claims"`
	}
	if err := query.ReadYAML(file, &content); err != nil {
		return nil, err
	}
	b := &Book{file, content.Claims}
	if len(b.claims) == 0 {
		return nil, fmt.Errorf("%s: no claims: list them under the key claims", file)
	}
	for i, c := range b.claims {
		if err := c.check(); err != nil {
			return nil, fmt.Errorf("%s:%d: claim %q: %w", file, c.ID.Line, c.ID.Text, err)
		}
		if j := slices.IndexFunc(b.claims, func(o claim) bool { return o.ID.Text == c.ID.Text }); j < i {
			return nil, fmt.Errorf("%s:%d: claim %q is also in line %d: give it another id",
				file, c.ID.Line, c.ID.Text, b.claims[j].ID.Line)
		}
	}
	// Without results, everything that may be asked for is missing, and what may not is an error.
	_, err := b.evaluate(&query.Results{})
	return b, err
}

func (c claim) check() error {
	for _, key := range []struct{ name, text string }{
		{"id", c.ID.Text}, {"section", c.Section}, {"claim", c.Claim}, {"reading", c.Reading},
	} {
		if key.text == "" {
			return fmt.Errorf("has no %s: add one", key.name)
		}
	}
	if (len(c.Holds) == 0) == (c.Test == "") {
		return fmt.Errorf("needs either holds, an inequality on results, or test, what else decides it")
	}
	return nil
}
