// Package claims decides the claims of a paper from results. A book has an inequality on results for each claim, and
// evaluates it with 95 % confidence intervals. docs/results.md describes the file and the outcomes.
//
// It imports plots/query and tables, and harness/result and yamlfile; plots/report and command import it.
package claims

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/yamlfile"
	"github.com/powbench/powbench/plots/query"
	"github.com/powbench/powbench/plots/tables"
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
	Test    string        `yaml:"test"`    // in place of Holds: the test that decides a claim which no measurement can decide
	Note    string        `yaml:"note"`
}

// Load reads a book of claims. An error names the file, the line, the claim and the remedy: no book is half good.
func Load(file string) (*Book, error) {
	var content struct {
		Claims []claim `yaml:"claims"`
	}
	if err := yamlfile.Read(file, &content); err != nil {
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
	// Without results every number is missing, but an expression that is wrong is an error all the same.
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

// Outcome of a claim: query.Holds, CannotTell, NotMeasured or DoesNotHold.
type Outcome = query.Outcome

// A Verdict says whether a claim holds, by which numbers.
type Verdict struct {
	ID, Section, Claim, Reading string // as in the book
	Note                        string // as in the book; may be empty
	Test                        string // as in the book: the command that decides the claim; may be empty
	Expression                  string // the inequalities, a line each; empty if a test decides the claim
	Outcome                     Outcome
	Measured                    string   // one line, as in "1.56 [1.50, 1.63] ≥ 1.5"; empty if nothing of it was measured
	Missing                     string   // the measurements that lack or have too few operations, or the test that decides; may be empty
	Absent                      []string // the measurements that lack, by name, as in "2b/mabd/read/t1" or "read_rounds of attack/mabd/B2"
	Points                      []string // IDs of the points, trials and simulations used (query.ID, query.TrialID)
}

// Verdicts are the verdicts on a book's claims, in its order.
type Verdicts []Verdict

// Evaluate decides every claim from the sets, and from what was found in virtual time. It refuses sets that do not
// belong together, as plots.Cells does.
func (b *Book) Evaluate(sets []*result.Set, found result.Virtual) ([]Verdict, error) {
	results, err := query.New(sets, found)
	if err != nil {
		return nil, err
	}
	return b.evaluate(results)
}

func (b *Book) evaluate(results *query.Results) ([]Verdict, error) {
	verdicts := make([]Verdict, len(b.claims))
	for i, c := range b.claims {
		var err error
		if verdicts[i], err = c.evaluate(results); err != nil {
			return nil, fmt.Errorf("%s:%w", b.file, err)
		}
	}
	return verdicts, nil
}

// evaluate decides a claim by the worst of its inequalities.
func (c claim) evaluate(results *query.Results) (Verdict, error) {
	v := Verdict{ID: c.ID.Text, Section: c.Section, Claim: c.Claim, Reading: c.Reading, Note: c.Note, Test: c.Test}
	if c.Test != "" {
		v.Outcome, v.Missing = query.NotMeasured, "decided by a test: "+c.Test
		return v, nil
	}
	var found findings
	var few []string
	for _, source := range c.Holds {
		v.Expression = strings.TrimPrefix(v.Expression+"\n"+source.Text, "\n")
		for _, vars := range c.For.Rounds() {
			comparison, err := results.Compare(source.Text, vars)
			if err != nil {
				return v, fmt.Errorf("%d: claim %q: %w", source.Line, c.ID.Text, err)
			}
			v.Outcome = max(v.Outcome, comparison.Outcome)
			v.Points = append(v.Points, comparison.Points...)
			v.Absent, few = append(v.Absent, comparison.Missing...), append(few, comparison.Few...)
			found = found.add(comparison.Measured, c.label(vars))
		}
	}
	v.Measured = found.String()
	v.Absent = distinct(v.Absent)
	var lacks []string
	if len(v.Absent) > 0 {
		lacks = append(lacks, "missing: "+strings.Join(v.Absent, ", "))
	}
	if len(few) > 0 {
		lacks = append(lacks, "too few operations: "+strings.Join(distinct(few), ", "))
	}
	v.Missing = strings.Join(lacks, "; ")
	v.Points = distinct(v.Points)
	return v, nil
}

// label is the variables' values in the order of the loop.
func (c claim) label(vars map[string]any) string {
	var parts []string
	for _, item := range c.For {
		name := fmt.Sprint(item.Key)
		text := fmt.Sprint(vars[name])
		if _, isNumber := vars[name].(string); !isNumber {
			text = name + " = " + text
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, " ")
}

func distinct(all []string) []string {
	slices.Sort(all)
	return slices.Compact(all)
}

// findings list what was measured for which values of the variables; equal numbers share an entry.
type findings []finding

type finding struct {
	measured string
	labels   []string
}

func (f findings) add(measured, label string) findings {
	if measured == "" {
		return f
	}
	if i := slices.IndexFunc(f, func(x finding) bool { return x.measured == measured }); i >= 0 {
		f[i].labels = append(f[i].labels, label)
		return f
	}
	return append(f, finding{measured, []string{label}})
}

// maxLabels is how many labels a finding lists.
const maxLabels = 3

// String is all findings in one line, as in "read: 1.56 [1.50, 1.63] ≥ 1.5; write: …".
func (f findings) String() string {
	parts := make([]string, len(f))
	for i, x := range f {
		labels := strings.Join(x.labels, ", ")
		if x.labels[0] == "" { // without variables
			labels = ""
		} else if len(x.labels) > maxLabels {
			labels = fmt.Sprintf("%s … %s (%d)", x.labels[0], x.labels[len(x.labels)-1], len(x.labels))
		}
		parts[i] = strings.TrimPrefix(labels+": "+x.measured, ": ")
	}
	return strings.Join(parts, "; ")
}

// Table is the verdicts as a table, for a terminal or a document.
func (vs Verdicts) Table() tables.Table {
	t := tables.Table{Title: "Claims", Header: []string{"paper", "claim", "outcome", "measured"}, Notes: []string{
		"Holds, does not hold: the whole 95 % confidence interval fulfils the claim's inequality, or no part of it. Cannot tell: " +
			"it lies on both sides, or there are too few repetitions for one, or too few operations for a percentile.",
	}}
	for _, v := range vs {
		t.Rows = append(t.Rows, []string{v.Section, v.Claim, v.Outcome.String(), cmp.Or(v.Measured, "–")})
		if v.Missing != "" {
			t.Notes = append(t.Notes, fmt.Sprintf("%s: %s.", v.ID, v.Missing))
		}
	}
	return t
}
