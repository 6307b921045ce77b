// Package artifact makes what reviewers of a paper's artifact ask for, from claims, configurations and plans alone: an appendix that
// says which experiment decides which claim and what it takes, and checks that badges stand for.
//
// It imports experiment, result, plots/claims and plots/sink; the command imports it.
package artifact

import (
	_ "embed"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"text/template"
	"time"

	"github.com/powbench/powbench/harness/experiment"
	"github.com/powbench/powbench/plots/claims"
	"github.com/powbench/powbench/plots/sink"
)

// Files that an appendix is made of, below the root of the repository.
const (
	claimsFile = "configs/claims.yaml"
	configs    = "configs/*.yaml"
)

// An Appendix says which experiments decide which claims.
type Appendix struct {
	Experiments []Experiment
	Claims      []Claim
}

// An Experiment is one that decides a claim, or several.
type Experiment struct {
	ID      string // E1 and so on
	Title   string
	Command string
	Compute time.Duration // of the machine, without the build; 0 if no plan tells
	Claims  []string      // that it decides
}

// A Claim is one of the paper.
type Claim struct {
	ID, Section, Text, Reading string
	Expression                 string   // what must hold; its 95 % interval is the variation that is allowed
	Test                       string   // what decides it in place of a measurement
	Experiments                []string // that decide it
}

// others are what claims rest on that no file in configs measures.
var others = map[string]Experiment{
	"attack":     {Title: "Attacks on real processes", Command: "make attack"},
	"simulation": {Title: "Simulated schedules", Command: "make simulate"},
	"costs":      {Title: "Costs of proofs and signatures", Command: "make tables"},
}

// Collect makes the appendix of the repository at root.
func Collect(root string) (Appendix, error) {
	measured, err := experiments(root)
	if err != nil {
		return Appendix{}, err
	}
	book, err := claims.Load(filepath.Join(root, claimsFile))
	if err != nil {
		return Appendix{}, err
	}
	verdicts, err := book.Evaluate(nil) // which lack everything, and say what
	if err != nil {
		return Appendix{}, err
	}
	var a Appendix
	at := map[string]int{} // of the experiments of the appendix, by what they measure
	for i, v := range verdicts {
		c := Claim{
			ID: fmt.Sprintf("C%d", i+1), Section: v.Section, Text: v.Claim, Reading: v.Reading, Expression: v.Expression,
		}
		if v.Expression == "" {
			c.Test = strings.TrimPrefix(v.Missing, "decided by a test: ")
		}
		for _, what := range needs(v) {
			e, known := measured[what]
			if !known {
				return Appendix{}, fmt.Errorf("%s: claim %q rests on %q, which no file in %s measures: add an experiment with that figure",
					claimsFile, v.ID, what, filepath.Dir(configs))
			}
			if _, had := at[what]; !had {
				at[what] = len(a.Experiments)
				e.ID = fmt.Sprintf("E%d", len(a.Experiments)+1)
				a.Experiments = append(a.Experiments, e)
			}
			own := &a.Experiments[at[what]]
			own.Claims = append(own.Claims, c.ID)
			c.Experiments = append(c.Experiments, own.ID)
		}
		a.Claims = append(a.Claims, c)
	}
	return a, nil
}

// experiments are all there are, by the figures that they make.
func experiments(root string) (map[string]Experiment, error) {
	all := map[string]Experiment{}
	for what, e := range others {
		all[what] = e
	}
	files, _ := filepath.Glob(filepath.Join(root, configs))
	for _, f := range files {
		if slices.Contains([]string{"claims.yaml", "targets.yaml", "table1.yaml"}, filepath.Base(f)) {
			continue
		}
		e, err := experiment.Load(f)
		if err != nil {
			return nil, err
		}
		if _, had := all[e.Figure]; had || e.Figure == "" {
			continue
		}
		estimate, err := e.Estimate()
		if err != nil {
			return nil, err
		}
		name, err := filepath.Rel(root, f)
		if err != nil {
			return nil, err
		}
		all[e.Figure] = Experiment{Title: e.Title, Command: "bin/powbench run " + name, Compute: estimate.Total()}
	}
	return all, nil
}

// needs is what the claim's numbers are of, each once: figures, attack, simulation, costs.
func needs(v claims.Verdict) (all []string) {
	if v.Expression == "" {
		return nil
	}
	for _, name := range strings.Split(strings.TrimPrefix(v.Missing, "missing: "), ", ") {
		if _, of, ok := strings.Cut(name, " of "); ok { // a field of some measurements
			name = of
		}
		parts := strings.Split(name, "/")
		what := parts[0]
		if slices.Contains([]string{"link", "delay", "history"}, what) && len(parts) > 1 {
			what = parts[1]
		}
		if !slices.Contains(all, what) {
			all = append(all, what)
		}
	}
	return all
}

//go:embed appendix.tex
var appendixText string

// Write writes the appendix as LaTeX, a document of its own of two pages.
func (a Appendix) Write(w io.Writer) error {
	t, err := template.New("appendix").Delims("<<", ">>").Funcs(template.FuncMap{
		"tex": sink.TeX, "join": func(all []string) string { return strings.Join(all, ", ") },
		"hours": func(d time.Duration) string {
			if d == 0 {
				return "--"
			}
			return fmt.Sprintf("%.1f", d.Hours())
		},
		"lines": func(text string) string { return strings.ReplaceAll(text, "\n", " and ") },
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
