package artifact

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/powbench/powbench/harness/result"
)

const root = "../.."

// Every claim is decided by an experiment, every experiment decides a claim and has a plan.
func TestCollect(t *testing.T) {
	a, err := Collect(root)
	if err != nil {
		t.Fatal(err)
	}
	decides := map[string]string{} // the experiments' commands, by the name of the claim
	for _, c := range a.Claims {
		if len(c.Experiments) == 0 {
			t.Errorf("%s (%s) has no experiment", c.ID, c.Text)
		}
		for _, e := range a.Experiments {
			if slices.Contains(e.Claims, c.ID) != slices.Contains(c.Experiments, e.ID) {
				t.Errorf("%s and %s do not agree: %v, %v", c.ID, e.ID, c.Experiments, e.Claims)
			}
			if slices.Contains(e.Claims, c.ID) {
				decides[c.Name] += e.Command + ";"
			}
		}
	}
	for claim, want := range map[string]string{
		"peak-mabd": "make lan-bench;", "latency-lan": "make lan-bench;", "two-round-reads": "make lan-bench;make wan-bench;",
		"robust-under-attack": "make attack;", "robust-in-simulation": "make simulate;", "sizes-peak": "make sizes;", "sustained": "make sustained;",
		"one-data-round": "make tables;", "hash-cheapest": "make tables;", "two-rounds-optimal": "go test ./sim/theorem;",
	} {
		if decides[claim] != want {
			t.Errorf("%s is decided by %q, want %q", claim, decides[claim], want)
		}
	}
	for _, e := range a.Experiments {
		if len(e.Claims) == 0 || e.Compute <= 0 {
			t.Errorf("%s: claims %v, takes %v", e.Command, e.Claims, e.Compute)
		}
	}
	if len(a.Claims) < 30 || a.Compute().Hours() < 1 {
		t.Errorf("%d claims, %v", len(a.Claims), a.Compute())
	}
	if i := slices.IndexFunc(a.Claims, func(c Claim) bool { return c.Name == "peak-mabd" }); a.Claims[i].Outcome != "holds" {
		t.Errorf("what came of a claim in the reference results: %+v", a.Claims[i])
	}
}

// An experiment's command measures the configurations that it is said to.
func TestCommandsMeasure(t *testing.T) {
	for _, e := range experiments {
		target, isMake := strings.CutPrefix(e.Command, "make ")
		if !isMake {
			continue
		}
		out, err := exec.Command("make", "-C", root, "-n", target).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v: %s", e.Command, err, out)
		}
		for _, config := range e.Configs {
			if !strings.Contains(string(out), configs+"/"+config) {
				t.Errorf("%s does not measure %s", e.Command, config)
			}
		}
	}
}

func TestWords(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"1 compute-minute": time.Second, "2 compute-minutes": 61 * time.Second, "60 compute-minutes": time.Hour, "1.1 compute-hours": 61 * time.Minute,
	} {
		if got := lasts(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
	if got := ranges([]string{"C1", "C2", "C4", "C5", "C6", "C9", "C10"}); got != "C1, C2, C4--C6, C9, C10" {
		t.Error(got)
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
	} else if !regexp.MustCompile(`\([12] pages?,`).Match(out) {
		t.Errorf("not two pages at most:\n%s", out[max(0, len(out)-200):])
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
		all, err := Examine(t.Context(), dir, run)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range all {
			if strings.Contains(c.Found, "\n") {
				t.Errorf("%s: more than a line: %q", c.Name, c.Found)
			}
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
	if all, err := Examine(t.Context(), dir, unlike); err != nil || all[3].OK || !strings.Contains(all[3].Found, "the first run came to") {
		t.Errorf("runs that differ: %v, %v", all, err)
	}
	write(sumsFile, "no hash\n")
	if got := failing(); !slices.Contains(got, "hashes") {
		t.Errorf("hashes that are none: fails %v", got)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if all, err := Examine(ended, dir, run); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v, %v", all, err)
	}
}

// What the documents quote is what was hashed.
func TestReferenceIsHashed(t *testing.T) {
	if found, err := hashed(t.Context(), root, nil); err != nil {
		t.Error(err)
	} else {
		t.Log(found)
	}
}
