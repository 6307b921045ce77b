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

func TestSummary(t *testing.T) {
	tables := summary(t, aborted(), withGaps())
	checkGolden(t, "summary.txt", textOf(tables))
	checkGolden(t, "summary.md", markdownOf(tables))
}

// The WAN has a table of its own, and no ratios of a throughput that nothing limits but the delays.
func TestSummaryOfWAN(t *testing.T) {
	tables := summary(t, syntheticFigure("2c", 1), byPair(), syntheticFigure("wan", 2))
	if len(tables) != 3 || len(tables[0].Rows) != 30 || len(tables[1].Rows) != 18+30 || len(tables[2].Rows) != 20+4 {
		t.Fatalf("%d tables, want the LAN's, the WAN's, and ratios for Figure 2(c) and saturation in the WAN", len(tables))
	}
	checkGolden(t, "summary-wan.md", markdownOf(tables[1:2]))
	lan := strings.Join(tables[0].Header, " ")
	for _, head := range []string{"predicted ms", "mean is", "keys", "writer beside"} {
		if !slices.Contains(tables[1].Header, head) || strings.Contains(lan, head) {
			t.Errorf("%q should be a column of the WAN's table alone: %v", head, tables[1].Header)
		}
	}
}

func TestSummaryHidesNothing(t *testing.T) {
	s := syntheticFigure("2b", 2)
	s.Points[0].KeyModel, s.Points[1].Background.Share = "hot", 0.0123
	s.Points[2].KeyModel, s.Points[2].Skew, s.Points[2].Keys = "zipf", 0.99, 50
	p := &s.Points[0] // what an invalid repetition did is told, too
	p.Linearizable.Code, p.Valid, p.InvalidReason = "violation", false, "history is not linearizable"
	says(t, "the summary", textOf(summary(t, s)), "keys", "hot", "uniform", "zipf 0.99 of 50", "writer beside", "1.23 %", "ok 1, violation 1",
		"Left out 1 run: history is not linearizable.")
	says(t, "a summary of nothing", textOf(summary(t, synthetic("fig2a"))), "No valid run.")
}

// attackText is the table of the sets' trials.
func attackText(t *testing.T, sets ...*result.Set) string {
	t.Helper()
	tables := summary(t, sets...)
	if len(tables) != 1 {
		t.Fatalf("%d tables of an attack run, want one", len(tables))
	}
	return markdownOf(tables)
}

func TestTableOfTrials(t *testing.T) {
	checkGolden(t, "attacks.md", attackText(t, syntheticTrials()))
	checkGolden(t, "attacks-doubtful.md", attackText(t, doubtful()))
}

// A share is one of the fault-free trial of the same run; where there is none, the table has operations per second.
func TestThroughputWithoutBaseline(t *testing.T) {
	for name, spoil := range map[string]func(t *result.Trial){
		"missing": func(t *result.Trial) { t.Attack = "B99" },
		"skipped": func(t *result.Trial) { t.Skipped = "for a reason" },
		"zero":    func(t *result.Trial) { t.ThroughputOps = 0 },
	} {
		text := attackText(t, changed(only("phalanx", "none", spoil)))
		for _, line := range strings.Split(text, "\n") {
			if cells := strings.Split(line, "|"); len(cells) > 4 && strings.Contains(cells[1], "B1 silent") {
				if !strings.Contains(cells[2], " %") || !strings.Contains(cells[4], " ops/s") {
					t.Errorf("baseline %s: %s", name, line)
				}
			}
		}
	}
}

// A run that was finished has no trial where there is nothing to attack; in one that was not, a trial is missing.
func TestTrialsThatAreNotThere(t *testing.T) {
	s := syntheticTrials()
	want := attackText(t, s)
	s.Trials = frame.Keep(s.Trials, func(t result.Trial) bool { return t.Expectation != result.NoTarget })
	if got := attackText(t, s); got == want || strings.Contains(got, "| – |") {
		t.Errorf("an unfinished run has nothing to attack: %s", got)
	}
	if svg := rendered(t, s)["attacks"]; strings.Contains(svg, "nothing to attack") {
		t.Error("the figure of an unfinished run explains what it does not show")
	}
	s.Manifest.Finished = "2026-11-23T05:00:00Z"
	if got := attackText(t, s); got != want {
		t.Errorf("a finished run reads\n%s\nwant\n%s", got, want)
	}
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
		tables := summary(t, s)
		if len(tables) != 2 {
			t.Fatalf("%d tables, want Table 1 and the costs at every t: %v", len(tables), tables)
		}
		checkGolden(t, name+".md", markdownOf(tables))
		checkGolden(t, "fig"+name+".svg", render(t, s))
	}
}

// Planted times and counts give their exponents: the paper's, where costs are powers of t.
func TestGrowth(t *testing.T) {
	table := must(frame.Costs([]*result.Set{syntheticCosts(2, 0)}))
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
	if got := must(frame.Costs([]*result.Set{s})).Of("polynomial-naive").TimeGrowth(frame.Sides[0]); got.N != 2 {
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
		refused(t, want, sets)
	}
}

// Few measurements, and schemes from elsewhere, make a table all the same; a curve takes two values of t.
func TestCostsOfLittle(t *testing.T) {
	s := syntheticCosts(1, 0)
	s.Costs = frame.Keep(s.Costs, func(c result.Cost) bool { return c.T <= 1 })
	s.Costs[0].Scheme = "pigeon"
	says(t, "the table", textOf(summary(t, s)), "pigeon")
	if pages, err := figures.All([]*result.Set{s}); err != nil || len(pages) != 0 {
		t.Errorf("a figure of one t: %d pages, %v", len(pages), err)
	}
}

// Beside the bytes stands how far they are from the exact model, of the repetition that is farthest, valid or not; where the
// model is not known, nothing.
func TestSummaryOfDeviations(t *testing.T) {
	s := syntheticFigure("2b", 3)
	first := s.Points[0].Series
	s.Points = slices.DeleteFunc(s.Points, func(p result.Point) bool { return p.Series != first })
	for i, off := range []float64{0.004, -0.03, 0.02} {
		p := &s.Points[i]
		p.LoadOps, p.ModelFactor = 100, result.TrafficFactor{ClientToServer: 2, ServerToClient: 0.5}
		p.WireFactor = result.TrafficFactor{ClientToServer: 2 * (1 + off), ServerToClient: 0.5 + off/10}
	}
	s.Points[1].Valid = false
	row := func() []string {
		table := must(Summary([]*result.Set{s}))[0]
		at := slices.Index(table.Header, "bytes c→s")
		if want := []string{"bytes c→s", "off c→s", "bytes s→c", "off s→c"}; !slices.Equal(table.Header[at:at+4], want) {
			t.Fatalf("columns %v", table.Header)
		}
		return table.Rows[0][at : at+4]
	}
	if got, want := row(), []string{"2.02 (2.00)", "-3.00 %", "0.50 (0.50)", "-0.30 %"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for i := range s.Points {
		s.Points[i].ModelFactor = result.TrafficFactor{}
	}
	if got := row(); got[1] != "–" || got[3] != "–" {
		t.Errorf("without an exact model: %q", got)
	}
}
