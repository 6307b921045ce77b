package plots

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/figures"
	"github.com/powbench/powbench/plots/frame"
)

func mustGatherCosts(t *testing.T, s *result.Set) frame.CostCells {
	t.Helper()
	cells, err := frame.Costs([]*result.Set{s})
	if err != nil {
		t.Fatal(err)
	}
	return cells
}

// disturbedCosts is a run that lost measurements, one scheme's at t = 2 altogether.
func disturbedCosts() *result.Set {
	s := syntheticCosts(3, 0.2)
	for i := range s.Costs {
		c := &s.Costs[i]
		c.Valid = !(c.Scheme == "polynomial-naive" && c.T == 2) && !(c.Scheme == "ed25519" && c.Repetition == 1)
	}
	return s
}

func TestTable1(t *testing.T) {
	for name, s := range map[string]*result.Set{
		"table1": syntheticCosts(5, 0.2), "table1-disturbed": disturbedCosts(),
	} {
		tables, err := Summary([]*result.Set{s})
		if err != nil {
			t.Fatal(err)
		}
		if len(tables) != 2 {
			t.Fatalf("%d tables, want Table 1 and the costs at every t: %v", len(tables), tables)
		}
		checkGolden(t, name+".md", markdownOf(tables))
		checkGolden(t, "fig"+name+".svg", render(t, s))
	}
}

// Planted times and counts give their exponents: the paper's, where costs are powers of t.
func TestGrowth(t *testing.T) {
	table := mustGatherCosts(t, syntheticCosts(2, 0))
	for _, c := range syntheticSchemes {
		for i, want := range []float64{c.growConstruct, c.growVerify} {
			got := table.Of(c.scheme).TimeGrowth(frame.Sides[i])
			if want == signature {
				if got.Known() {
					t.Errorf("%s %s: a signature grows as %v", c.scheme, frame.Sides[i].Name, got)
				}
			} else if got.N != 2 || math.Abs(got.Mean-want) > 1e-9 || got.Half > 1e-9 {
				t.Errorf("%s %s grows as %v, want %g", c.scheme, frame.Sides[i].Name, got, want)
			}
		}
	}
	// The sums of powers of t that the closed forms are, by another least squares.
	for scheme, want := range map[string][2]float64{
		"polynomial-naive": {2.6510, 1.7539}, "polynomial-horner": {1.8971, 1},
	} {
		for i, s := range frame.Sides {
			if got := table.Of(scheme).CountGrowth(s); math.Abs(got.Mean-want[i]) > 1e-4 {
				t.Errorf("%s: multiplications to %s grow as %.4f, want %g", scheme, s.Name, got.Mean, want[i])
			}
		}
	}
	if e := table.Of("hash-sha256").CountGrowth(frame.Sides[0]); e.Known() {
		t.Errorf("what was not counted grows as %v", e)
	}
}

// A repetition that lacks a t is fitted to another range, and so is not taken.
func TestGrowthOfWholeRepetitions(t *testing.T) {
	s := syntheticCosts(3, 0)
	s.Costs = slices.DeleteFunc(s.Costs, func(c result.Cost) bool { return c.T == 10 && c.Repetition == 2 })
	if got := mustGatherCosts(t, s).Of("polynomial-naive").TimeGrowth(frame.Sides[0]); got.N != 2 {
		t.Errorf("%d exponents, want those of the two repetitions that have every t", got.N)
	}
}

func TestCostsRefused(t *testing.T) {
	change := func(f func(c *result.Cost)) []*result.Set {
		s := syntheticCosts(1, 0)
		f(&s.Costs[2])
		return []*result.Set{s}
	}
	for want, sets := range map[string][]*result.Set{
		"hold costs: give only one of the two":            {syntheticCosts(1, 0), syntheticCosts(1, 0)},
		"costs.jsonl:3: a time of 0 ns":                   change(func(c *result.Cost) { c.Verify.Ns = 0 }),
		"costs.jsonl:3: a time of NaN ns":                 change(func(c *result.Cost) { c.Construct.Ns = math.NaN() }),
		`costs.jsonl:3: scheme "" at t = 3 is impossible`: change(func(c *result.Cost) { c.Scheme = "" }),
		`scheme "hash-sha1" at t = -1 is impossible`:      change(func(c *result.Cost) { c.T = -1 }),
	} {
		if _, err := Summary(sets); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Summary: %v, want %q", err, want)
		}
		if _, err := Draw(sets, t.TempDir()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Draw: %v, want %q", err, want)
		}
	}
}

// Few measurements, and schemes from elsewhere, make a table all the same; a curve takes two values of t.
func TestCostsOfLittle(t *testing.T) {
	s := syntheticCosts(1, 0)
	s.Costs = frame.Keep(s.Costs, func(c result.Cost) bool { return c.T <= 1 })
	s.Costs[0].Scheme = "pigeon"
	tables, err := Summary([]*result.Set{s})
	if err != nil || !strings.Contains(textOf(tables), "pigeon") || strings.Contains(textOf(tables), "NaN") {
		t.Errorf("%v\n%s", err, textOf(tables))
	}
	if pages, err := figures.All([]*result.Set{s}); err != nil || len(pages) != 0 {
		t.Errorf("a figure of one t: %d pages, %v", len(pages), err)
	}
}
