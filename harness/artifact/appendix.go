// Package artifact makes what reviewers of a paper's artifact ask for: an appendix that says which experiment decides which claim and
// what it takes, checks of what badges stand for, hashes of the reference results, and an archive of the repository.
//
// It imports experiment, study/attack and study/cost for their plans, result, protocols/catalog, plots/claims, plots/query and plots/sink;
// the command imports it.
package artifact

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"text/template"
	"time"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/claims"
	"github.com/powbench/powbench/plots/query"
	"github.com/powbench/powbench/plots/sink"
)

// Folders and files that an appendix is made of, below the root of the repository.
const (
	configs    = "configs"
	claimsFile = "configs/claims.yaml"
	reference  = "results/reference" // the results that the documents quote
)

// An Appendix says which experiments decide which claims.
type Appendix struct {
	Experiments []Experiment
	Claims      []Claim
}

// A Claim is one of the paper.
type Claim struct {
	ID          string // C1 and so on
	Name        string // its id in the book of claims, which has the inequality
	Section     string
	Text        string
	Reading     string   // what must hold, in words
	Outcome     string   // by the reference results; empty if a test decides
	Note        string   // on the outcome; may be empty
	Experiments []string // that decide it, by ID
}

// Collect makes the appendix of the repository at root.
func Collect(root string) (Appendix, error) {
	var a Appendix
	by := map[string]int{} // the experiment that measures this, by its place
	for i, e := range experiments {
		e.ID = fmt.Sprintf("E%d", i+1)
		e, measures, err := e.planned(root)
		if err != nil {
			return Appendix{}, err
		}
		for _, what := range measures {
			by[what] = i
		}
		a.Experiments = append(a.Experiments, e)
	}
	without, with, err := verdicts(root)
	if err != nil {
		return Appendix{}, err
	}
	for i, v := range without {
		c := Claim{ID: fmt.Sprintf("C%d", i+1), Name: v.ID, Section: v.Section, Text: v.Claim, Reading: v.Reading, Note: v.Note}
		if v.Test == "" {
			c.Outcome = with[i].Outcome.String()
		}
		for _, what := range needs(v) {
			at, known := by[what]
			if !known {
				return Appendix{}, fmt.Errorf("%s: claim %q rests on %q, which no experiment measures: add one to harness/artifact/experiments.go",
					claimsFile, v.ID, what)
			}
			e := &a.Experiments[at]
			e.Claims, c.Experiments = appendNew(e.Claims, c.ID), appendNew(c.Experiments, e.ID)
		}
		a.Claims = append(a.Claims, c)
	}
	return a, nil
}

// verdicts are the verdicts on all claims without any results, whose absent measurements are all that the claims need, and with the
// reference results.
func verdicts(root string) (without, with []claims.Verdict, err error) {
	book, err := claims.Load(filepath.Join(root, claimsFile))
	if err != nil {
		return nil, nil, err
	}
	if without, err = book.Evaluate(nil, result.Virtual{}); err != nil {
		return nil, nil, err
	}
	sets, found, err := query.ReadAll(filepath.Join(root, reference))
	if errors.Is(err, fs.ErrNotExist) {
		return without, without, nil
	}
	if err == nil {
		with, err = book.Evaluate(sets, found)
	}
	return without, with, err
}

// appendNew appends the text unless it is the last.
func appendNew(all []string, text string) []string {
	if len(all) > 0 && all[len(all)-1] == text {
		return all
	}
	return append(all, text)
}

//go:embed appendix.tex
var appendixText string

// Write writes the appendix as LaTeX, a document of its own of two pages.
func (a Appendix) Write(w io.Writer) error {
	t, err := template.New("appendix").Delims("<<", ">>").Funcs(template.FuncMap{
		"tex": sink.TeX, "lasts": lasts, "ranges": ranges,
		"sentence": func(text string) string { return sink.TeX(strings.TrimSuffix(text, ".") + ".") },
	}).Parse(appendixText)
	if err != nil {
		return err
	}
	return t.Execute(w, a)
}

// Compute is the time of all experiments.
func (a Appendix) Compute() (sum time.Duration) {
	for _, e := range a.Experiments {
		sum += e.Compute
	}
	return sum
}

// lasts is a time in hours, or in minutes where it is shorter, rounded up.
func lasts(d time.Duration) string {
	if d > time.Hour {
		return fmt.Sprintf("%.1f compute-hours", (d + 3*time.Minute - 1).Hours())
	}
	if minutes := (d + time.Minute - 1) / time.Minute; minutes != 1 {
		return fmt.Sprintf("%d compute-minutes", minutes)
	}
	return "1 compute-minute"
}

// ranges lists IDs, those that follow each other as C1–C5.
func ranges(ids []string) string {
	var parts []string
	number := func(id string) (n int) { _, _ = fmt.Sscanf(id[1:], "%d", &n); return n }
	for i := 0; i < len(ids); {
		end := i
		for end+1 < len(ids) && number(ids[end+1]) == number(ids[end])+1 {
			end++
		}
		switch {
		case end > i+1:
			parts = append(parts, ids[i]+"--"+ids[end])
			i = end + 1
		default:
			parts = append(parts, ids[i])
			i++
		}
	}
	return strings.Join(parts, ", ")
}
