package artifact

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
)

const root = "../.."

// Every claim is decided by an experiment that there is, or by a test; every experiment decides a claim and has a plan.
func TestCollect(t *testing.T) {
	a, err := Collect(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range a.Claims {
		if (len(c.Experiments) == 0) == (c.Test == "") {
			t.Errorf("%s (%s): experiments %v, test %q", c.ID, c.Text, c.Experiments, c.Test)
		}
	}
	i := slices.IndexFunc(a.Experiments, func(e Experiment) bool { return e.Command == "bin/powbench run configs/fig2b.yaml" })
	if i < 0 || !slices.Contains(a.Experiments[i].Claims, "C1") || a.Experiments[i].Compute <= 0 {
		t.Errorf("Figure 2(b) does not decide the first claim: %+v", a.Experiments)
	}
	if len(a.Claims) < 30 || a.Compute().Hours() < 1 {
		t.Errorf("%d claims, %v", len(a.Claims), a.Compute())
	}
}

// The appendix compiles, where LaTeX is installed, and has two pages at most.
func TestAppendixCompiles(t *testing.T) {
	a, err := Collect(root)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := a.Write(&text); err != nil {
		t.Fatal(err)
	}
	for _, c := range a.Claims {
		if !strings.Contains(text.String(), `\textbf{`+c.ID+"}") {
			t.Errorf("%s is not in the appendix", c.ID)
		}
	}
	latex, err := exec.LookPath("pdflatex")
	if err != nil {
		t.Skipf("skipped: %s: no pdflatex: install texlive-latex-extra", t.Name())
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "appendix.tex"), text.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(latex, "-halt-on-error", "-interaction=nonstopmode", "appendix.tex")
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out[max(0, len(out)-2000):])
	}
}

// A repository that lacks something fails in just that rule.
func TestExamine(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(content), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	write("LICENSE", "Apache License")
	write("README.md", "PoWerStore: Proofs of Writing for Efficient and")
	write("CITATION.cff", "cff-version: 1.2.0\ntitle: x\nauthors: []\n")
	write(reference+"/x/points.jsonl", "{}")
	if err := Sums(dir); err != nil {
		t.Fatal(err)
	}
	runs := 0
	run := func(context.Context, string, string) (*result.Set, error) {
		runs++
		return &result.Set{Points: []result.Point{{
			Series: result.Series{Protocol: "mabd", Op: "read"}, Rounds: map[string]int64{"2": 9},
			Linearizable: result.Verdict{Code: result.Linearizable},
		}}}, nil
	}
	failing := func() (names []string) {
		for _, c := range Examine(t.Context(), dir, run) {
			if !c.OK {
				names = append(names, c.Name)
			}
		}
		return names
	}
	if got := failing(); !slices.Equal(got, []string{"claims"}) || runs != 2 { // there are no claims here
		t.Errorf("fails: %v, %d runs", got, runs)
	}
	write(reference+"/x/points.jsonl", "{ }")
	write("LICENSE", "All rights reserved")
	if got := failing(); !slices.Equal(got, []string{"licence", "claims", "hashes"}) {
		t.Errorf("fails: %v", got)
	}
	unlike := func(ctx context.Context, config, results string) (*result.Set, error) {
		set, err := run(ctx, config, results)
		set.Points[0].Rounds = map[string]int64{strings.Repeat("2", runs): 1}
		return set, err
	}
	if c := Examine(t.Context(), dir, unlike)[3]; c.OK || !strings.Contains(c.Found, "the first run came to") {
		t.Errorf("runs that differ: %+v", c)
	}
}
