package artifact

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/query"
)

// A Badge is what reviewers award (ACM, Artifact Review and Badging 1.1; EuroSys).
type Badge string

// The badges.
const (
	Available  Badge = "available"
	Functional Badge = "functional"
	Reproduced Badge = "reproduced"
)

// A Check is a rule of a badge, executed.
type Check struct {
	Badge Badge  `json:"badge"`
	Name  string `json:"name"`
	Rule  string `json:"rule"`
	OK    bool   `json:"ok"`
	Found string `json:"found"` // what it found, or what is wrong and what to do
}

// A Runner runs the experiment in a file into a folder of results, and returns the set that it made.
type Runner func(ctx context.Context, config, results string) (*result.Set, error)

// rules are all checks, in order.
var rules = []struct {
	badge      Badge
	name, rule string
	check      func(ctx context.Context, root string, run Runner) (string, error)
}{
	{Available, "licence", "an open licence", func(_ context.Context, root string, _ Runner) (string, error) {
		return contains(root, "LICENSE", "Apache License")
	}},
	{Available, "citation", "how to cite it", func(_ context.Context, root string, _ Runner) (string, error) {
		return contains(root, "CITATION.cff", "cff-version:", "title:", "authors:")
	}},
	{Functional, "paper", "README names the paper", func(_ context.Context, root string, _ Runner) (string, error) {
		return contains(root, "README.md", "PoWerStore: Proofs of Writing for Efficient and")
	}},
	{Functional, "example", "the smallest experiment runs twice with the same outcome", runsAlike},
	{Reproduced, "claims", "every claim has an experiment or a test, and the reference results decide it", decided},
	{Reproduced, "hashes", "reference results are those that their hashes are of", hashed},
}

// Examine executes the checks on the repository at root, until ctx ends.
func Examine(ctx context.Context, root string, run Runner) (all []Check, err error) {
	for _, r := range rules {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		found, err := r.check(ctx, root, run)
		c := Check{Badge: r.badge, Name: r.name, Rule: r.rule, OK: err == nil, Found: found}
		if err != nil {
			c.Found = err.Error()
		}
		all = append(all, c)
	}
	return all, ctx.Err()
}

// contains reports whether the file has all texts.
func contains(root, name string, texts ...string) (string, error) {
	content, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		return "", err
	}
	for _, text := range texts {
		if !strings.Contains(string(content), text) {
			return "", fmt.Errorf("%s does not say %q", name, text)
		}
	}
	return name, nil
}

// runsAlike runs the smoke experiment twice and compares what must not depend on the machine's mood.
func runsAlike(ctx context.Context, root string, run Runner) (string, error) {
	var outcomes []string
	for range 2 {
		o, err := runOnce(ctx, root, run)
		if err != nil {
			return "", err
		}
		outcomes = append(outcomes, o)
	}
	if outcomes[0] != outcomes[1] {
		return "", fmt.Errorf("the first run came to %s; the second to %s", outcomes[0], outcomes[1])
	}
	return outcomes[0], nil
}

// runOnce is the outcome of the smoke experiment, of which nothing stays behind.
func runOnce(ctx context.Context, root string, run Runner) (_ string, err error) {
	dir, err := os.MkdirTemp("", "powbench-artifact-")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	set, err := run(ctx, filepath.Join(root, "configs/smoke.yaml"), dir)
	if err != nil {
		return "", err
	}
	return outcome(set), nil
}

// outcome is what was measured, in how many rounds, and whether histories were what they must be.
func outcome(set *result.Set) string {
	var all []string
	for _, p := range set.Points {
		rounds := []string{}
		for r := range p.Rounds {
			rounds = append(rounds, r)
		}
		slices.Sort(rounds)
		all = append(all, fmt.Sprintf("%s %s in %s rounds: %s", p.FullName(), p.Op, strings.Join(rounds, ","), p.Linearizable.Code))
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), "; ")
}

// decided says what comes of the claims on the reference results.
func decided(_ context.Context, root string, _ Runner) (string, error) {
	a, err := Collect(root)
	if err != nil {
		return "", err
	}
	counts := map[string]int{}
	var open, commands []string
	for _, c := range a.Claims {
		counts[cmp.Or(c.Outcome, "decided by a test")]++
		if c.Outcome == query.NotMeasured.String() {
			open = append(open, c.Name)
			for _, e := range a.Experiments {
				if slices.Contains(e.Claims, c.ID) && !slices.Contains(commands, e.Command) {
					commands = append(commands, e.Command)
				}
			}
		}
	}
	if len(open) > 0 {
		return "", fmt.Errorf("not measured: %s: run %s and add what they wrote to %s (CONTRIBUTING.md says how)",
			strings.Join(open, ", "), strings.Join(commands, ", "), reference)
	}
	var parts []string
	for outcome, n := range counts {
		parts = append(parts, fmt.Sprintf("%d %s", n, outcome))
	}
	slices.Sort(parts)
	return strings.Join(parts, ", "), nil
}
