package report

import (
	"bytes"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/claims"
	"github.com/powbench/powbench/plots/query"
)

// referenceSets is the result sets that are part of the repository.
func referenceSets(t testing.TB) []*result.Set {
	t.Helper()
	var sets []*result.Set
	for _, pattern := range []string{"*", "*/*"} {
		manifests, err := filepath.Glob("../../results/reference/" + pattern + "/" + result.ManifestFile)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range manifests {
			s, err := result.Read(filepath.Dir(m))
			if err != nil {
				t.Fatal(err)
			}
			sets = append(sets, s)
		}
	}
	return sets
}

// verdicts are those of some claims, one of which rests on the point.
func verdicts(p result.Point) []claims.Verdict {
	return []claims.Verdict{
		{
			ID: "faster", Section: "§6.2", Claim: "It is faster", Reading: "In the mean", Expression: "a > b",
			Outcome: query.Holds, Measured: "read: 2 > 1; write: 3 > 1", Points: []string{query.ID(p), "elsewhere"},
		},
		{ID: "smaller", Claim: "It is smaller", Outcome: query.NotMeasured, Missing: "missing: fig9"},
	}
}

// bytesPerSample is how large the document on the reference results may become, figures and all, for each repetition that is in it.
const bytesPerSample = 2600

// repetitions is their number in the sets.
func repetitions(sets []*result.Set) (n int) {
	for _, s := range sets {
		n += len(s.Points) + len(s.Trials) + len(s.Costs)
	}
	return n
}

func TestReportOnReference(t *testing.T) {
	sets := referenceSets(t)
	dir := t.TempDir()
	page, root := render(t, Input{Sets: sets, Claims: verdicts(firstPoint(sets)), Dir: dir})
	if most := bytesPerSample * repetitions(sets); len(page) > most {
		t.Errorf("%d bytes, more than %d", len(page), most)
	}
	checkSelfContained(t, page, root, dir)
	for _, bad := range []string{"NaN", "Inf", "ZgotmplZ", "<no value>", "%!"} {
		if strings.Contains(strings.ReplaceAll(page, string(script), ""), bad) {
			t.Errorf("the document contains %s", bad)
		}
	}
	checkEverySample(t, root, sets)
	checkReadableAloud(t, root)
}

// checkEverySample looks for the seed of each point and trial among the samples, as often as it is in the sets.
func checkEverySample(t *testing.T, root *html.Node, sets []*result.Set) {
	t.Helper()
	seen := map[string]int{}
	for _, n := range elements(root, func(n *html.Node) bool { return n.Data == "td" || n.Data == "dd" }) {
		seen[text(n)]++
	}
	want := func(s *result.Set, what string, seed uint64) {
		if seen[strconv.FormatUint(seed, 10)] == 0 {
			t.Errorf("%s: %s with seed %d is not in the report", s.Dir, what, seed)
		}
		seen[strconv.FormatUint(seed, 10)]--
	}
	for _, s := range sets {
		for _, p := range s.Points {
			want(s, query.ID(p), p.Seed)
		}
		for _, x := range s.Trials {
			want(s, query.TrialID(x), x.Seed)
		}
	}
}

func TestClaimsComeFirst(t *testing.T) {
	s := measured(2)
	_, root := render(t, Input{Sets: []*result.Set{s}, Claims: verdicts(s.Points[0])})
	sections := elements(root, func(n *html.Node) bool { return n.Data == "section" })
	if attr(sections[0], "id") != "claims" {
		t.Errorf("the first section is %q", attr(sections[0], "id"))
	}
	content := text(sections[0])
	for _, want := range []string{"§6.2", "It is faster", "In the mean", "a > b", "holds: 1, not measured: 1", "missing: fig9"} {
		if !strings.Contains(content, want) {
			t.Errorf("the claims lack %q", want)
		}
	}
	links := elements(sections[0], func(n *html.Node) bool { return n.Data == "a" })
	if len(links) != 1 || text(links[0]) != query.ID(s.Points[0]) {
		t.Errorf("links to measurements: %d, want the one that is there", len(links))
	}
	_, root = render(t, Input{Sets: []*result.Set{s}})
	if strings.Contains(text(root), "What the paper claims") {
		t.Error("claims without any")
	}
}

func TestMissingPointsAreLoud(t *testing.T) {
	s := measured(3)
	s.Points = s.Points[:5]
	_, root := render(t, Input{Sets: []*result.Set{s}})
	var loud []string
	for _, n := range elements(root, func(n *html.Node) bool { return attr(n, "class") == "loud" }) {
		loud = append(loud, text(n))
	}
	if want := "results/fig2b/synthetic: 7 of 12 points missing."; !slices.Contains(loud, want) {
		t.Errorf("loud is %q, want %q", loud, want)
	}
	if want := "mabd, write, paper, write, t = 1, 4096 bytes, 2 clients, repetition 3"; !strings.Contains(text(root), want) {
		t.Errorf("the report does not say that %s is missing", want)
	}
}

func TestUnfinishedRunsAreLoud(t *testing.T) {
	s := measured(1)
	const want = "results/fig2b/synthetic: this run was not finished."
	if page, _ := render(t, Input{Sets: []*result.Set{s}}); !strings.Contains(page, want) {
		t.Errorf("the report does not say %q", want)
	}
	s.Manifest.Finished = "2026-11-23T06:07:15Z"
	if page, _ := render(t, Input{Sets: []*result.Set{s}}); strings.Contains(page, `class="loud"`) {
		t.Error("a complete run is complained of")
	}
}

// Costs lead down to their repetitions too, in the order in which they were made.
func TestCosts(t *testing.T) {
	s := &result.Set{Dir: "results/table1/synthetic", Manifest: result.Manifest{Experiment: "table1"}}
	for i, valid := range []bool{true, false, true} {
		s.Costs = append(s.Costs, result.Cost{
			Schema: result.SchemaVersion, Scheme: "hash-sha1", SecurityBits: 80, T: 2, Servers: 7, MessageBytes: 20,
			Repetition: 1 + i/2, Attempt: 1 + i%2, Construct: result.Spent{Ops: 5, Ns: 1500},
			Verify:   result.Spent{Ops: 9, Ns: 400},
			Validity: result.Validity{Valid: valid, InvalidReason: strings.Repeat("steal", (i % 2))},
		})
	}
	_, root := render(t, Input{Sets: []*result.Set{s}})
	var lines []string
	for _, n := range elements(root, func(n *html.Node) bool { return n.Data == "tr" }) {
		lines = append(lines, strings.Join(strings.Fields(text(n)), " "))
	}
	for _, want := range []string{"repetition11, attempt 22", "validyesNO: stealyes", "construct: µs1.501.501.50"} {
		if !slices.Contains(lines, want) {
			t.Errorf("no line %q in %q", want, lines)
		}
	}
}

func TestInvalidPointsSayWhy(t *testing.T) {
	s := measured(2)
	s.Points[1].Valid, s.Points[1].InvalidReason = false, "steal above 10 %"
	_, root := render(t, Input{Sets: []*result.Set{s}})
	for _, want := range []string{"NO: steal above 10 %", "1 runs with 8 points (of which 1"} {
		if !strings.Contains(text(root), want) {
			t.Errorf("the report lacks %q", want)
		}
	}
}

func TestRefuses(t *testing.T) {
	s := measured(1)
	s.Points[0].Figure = "9z"
	err := Write(&bytes.Buffer{}, Input{Sets: []*result.Set{s}})
	if want := `points.jsonl:1: unknown figure "9z"`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %s", err, want)
	}
	twice := []*result.Set{measured(1), measured(1)}
	if err := Write(&bytes.Buffer{}, Input{Sets: twice}); err == nil {
		t.Error("one measurement in two sets was accepted")
	}
}

// Text and ground differ enough for everybody: 4.5 to 1 is what WCAG asks for at level AA.
func TestContrast(t *testing.T) {
	blocks := regexp.MustCompile(`(?s):root \{(.*?)\}`).FindAllStringSubmatch(string(style), -1)
	if len(blocks) != 2 {
		t.Fatalf("%d colour schemes, want light and dark", len(blocks))
	}
	for i, block := range blocks {
		colors := map[string]float64{}
		for _, m := range regexp.MustCompile(`--(\w+): #(\w{6})`).FindAllStringSubmatch(block[1], -1) {
			colors[m[1]] = luminance(t, m[2])
		}
		for _, name := range []string{"text", "soft", "link", "loud", "good", "bad", "open"} {
			for _, ground := range []string{"ground", "raised"} {
				a, b := colors[name]+0.05, colors[ground]+0.05
				if ratio := max(a, b) / min(a, b); ratio < 4.5 {
					t.Errorf("scheme %d: %s on %s has a contrast of %.2f", i, name, ground, ratio)
				}
			}
		}
	}
}
