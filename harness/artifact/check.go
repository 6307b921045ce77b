package artifact

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/claims"
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

// Examine executes every check on the repository at root.
func Examine(ctx context.Context, root string, run Runner) (all []Check) {
	for _, r := range rules {
		found, err := r.check(ctx, root, run)
		c := Check{Badge: r.badge, Name: r.name, Rule: r.rule, OK: err == nil, Found: found}
		if err != nil {
			c.Found = err.Error()
		}
		all = append(all, c)
	}
	return all
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
		dir, err := os.MkdirTemp("", "powbench-artifact-")
		if err != nil {
			return "", err
		}
		defer os.RemoveAll(dir)
		set, err := run(ctx, filepath.Join(root, "configs/smoke.yaml"), dir)
		if err != nil {
			return "", err
		}
		outcomes = append(outcomes, outcome(set))
	}
	if outcomes[0] != outcomes[1] {
		return "", fmt.Errorf("the first run came to %s; the second to %s", outcomes[0], outcomes[1])
	}
	return outcomes[0], nil
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

// reference is where the results are that the documents quote.
const reference = "results/reference"

// decided evaluates the claims on the reference results.
func decided(_ context.Context, root string, _ Runner) (string, error) {
	if _, err := Collect(root); err != nil {
		return "", err
	}
	book, err := claims.Load(filepath.Join(root, claimsFile))
	if err != nil {
		return "", err
	}
	sets, simulated, err := query.ReadAll(filepath.Join(root, reference))
	if err != nil {
		return "", err
	}
	verdicts, err := book.Evaluate(sets, simulated...)
	if err != nil {
		return "", err
	}
	counts := map[string]int{}
	var open []string
	for _, v := range verdicts {
		counts[v.Outcome.String()]++
		if v.Missing != "" && v.Expression != "" {
			open = append(open, v.ID)
		}
	}
	if len(open) > 0 {
		return "", fmt.Errorf("measurements are missing for %s: run the experiments that `powbench artifact` lists for them", strings.Join(open, ", "))
	}
	var parts []string
	for outcome, n := range counts {
		parts = append(parts, fmt.Sprintf("%d %s", n, outcome))
	}
	slices.Sort(parts)
	return strings.Join(parts, ", "), nil
}

// sumsFile has a line for each file of the reference results, as sha256sum writes and checks it.
const sumsFile = reference + "/SHA256SUMS"

// Sums writes the hashes of the reference results.
func Sums(root string) error {
	lines, err := sums(root)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(root, sumsFile), []byte(lines), 0o644)
}

func sums(root string) (string, error) {
	var lines []string
	base := filepath.Join(root, reference)
	err := filepath.WalkDir(base, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path == filepath.Join(root, sumsFile) {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		h := sha256.New()
		if _, err := io.Copy(h, f); err != nil {
			return err
		}
		name, err := filepath.Rel(base, path)
		lines = append(lines, hex.EncodeToString(h.Sum(nil))+"  "+filepath.ToSlash(name))
		return err
	})
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[64:], b[64:]) })
	return strings.Join(lines, "\n") + "\n", err
}

// hashed compares the hashes with those in the file.
func hashed(_ context.Context, root string, _ Runner) (string, error) {
	kept, err := os.ReadFile(filepath.Join(root, sumsFile))
	if err != nil {
		return "", errors.Join(err, errors.New("write them by `powbench artifact --sums`"))
	}
	is, err := sums(root)
	if err != nil {
		return "", err
	}
	was := strings.Split(strings.TrimSpace(string(kept)), "\n")
	now := strings.Split(strings.TrimSpace(is), "\n")
	for _, line := range was {
		if !slices.Contains(now, line) {
			return "", fmt.Errorf("%s: %s is not the file that was hashed", sumsFile, line[64:])
		}
	}
	if len(now) != len(was) {
		return "", fmt.Errorf("%s has %d files, there are %d: write it anew by `powbench artifact --sums`", sumsFile, len(was), len(now))
	}
	return fmt.Sprintf("%d files", len(now)), nil
}
