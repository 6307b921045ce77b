package report

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
)

func TestCoverage(t *testing.T) {
	complete := measured(2)
	if c := coverageOf(complete); c.Planned != 8 || len(c.Missing) != 0 {
		t.Errorf("a complete run: %+v", c)
	}
	variant := measured(2)
	for i := range variant.Points {
		if variant.Points[i].Protocol == "mabd" {
			variant.Points[i].Variant = "unanimous"
		}
	}
	if c := coverageOf(variant); c.String() != "4 of 8 points missing" {
		t.Errorf("points of another variant count: %s", c)
	}
	variant.Manifest.Config = []byte(strings.Replace(string(variant.Manifest.Config), "mabd", "mabd+unanimous", 1))
	if c := coverageOf(variant); len(c.Missing) != 0 {
		t.Errorf("a variant's points are missed: %+v", c)
	}
	searched := measured(2)
	searched.Manifest.Config = []byte(strings.Replace(string(searched.Manifest.Config), "[2]", `"saturate"`, 1))
	searched.Points = searched.Points[1:]
	if c := coverageOf(searched); len(c.Missing) != 1 || !strings.Contains(c.Missing[0], "mpowerstore, read") {
		t.Errorf("of a run whose clients were searched for: %+v", c)
	}
	both := measured(2)
	both.Manifest.Config = []byte(strings.Replace(string(both.Manifest.Config), "[2]", `[2, "saturate"]`, 1))
	if c := coverageOf(both); c.String() != "8 of 16 points missing" {
		t.Errorf("of a run whose clients are also searched for: %s", c)
	}
	for _, p := range both.Points {
		both.Manifest.Searches = append(both.Manifest.Searches, result.Search{Series: p.Series, Chosen: 2})
	}
	if c := coverageOf(both); len(c.Missing) != 0 {
		t.Errorf("of a run whose searches chose what is measured anyway: %+v", c)
	}
	open := measured(1)
	open.Manifest.Config = []byte(strings.Replace(string(open.Manifest.Config), "{", `{"arrival":{"rates":["50/s","0.5/s"],"clients":2},`, 1))
	for _, p := range open.Points {
		p.Arrival, p.Rate = result.Fixed, 50
		open.Points = append(open.Points, p)
	}
	if c := coverageOf(open); c.String() != "4 of 12 points missing" || !strings.Contains(c.Missing[0], "0.5/s for 2 clients") {
		t.Errorf("of open loops: %s: %v", c, c.Missing)
	}
	sought := measured(1)
	sought.Manifest.Config = []byte(strings.Replace(string(sought.Manifest.Config), "{", `{"arrival":{"process":"fixed","clients":2},`+
		`"objective":{"p99":"20ms"},"attack":["none","B1"],`, 1))
	for _, p := range sought.Points {
		p.Arrival, p.Rate, p.Objective = result.Fixed, 117, &result.Bounded{}
		sought.Points = append(sought.Points, p)
	}
	if c := coverageOf(sought); c.String() != "0 of 8 points missing" {
		t.Errorf("of rates that were searched for: %s: %v", c, c.Missing)
	}
	sought.Manifest.Withstands = map[string][]string{"mabd": {"B1"}}
	if c := coverageOf(sought); c.String() != "4 of 12 points missing" || !strings.Contains(strings.Join(c.Missing, "; "), "the highest rate for 2 clients, under attack B1") {
		t.Errorf("of rates under attack: %s: %v", c, c.Missing)
	}
	for _, config := range []string{"", "null", "{}", "[1]"} {
		unknown := measured(1)
		unknown.Manifest.Config = []byte(config)
		if c := coverageOf(unknown); c.Planned != 0 || len(c.Missing) != 0 {
			t.Errorf("without an experiment (%q): %+v", config, c)
		}
	}
}

func TestCoverageOfTrials(t *testing.T) {
	s := attacked()
	if c := coverageOf(s); c.String() != "1 of 4 trials missing" || c.Missing[0] != "mabd B2" {
		t.Errorf("an interrupted attack run: %s, %v", c, c.Missing)
	}
	s.Manifest.Finished = "2026-11-23T06:07:15Z"
	if c := coverageOf(s); c.Planned != 3 || len(c.Missing) != 0 {
		t.Errorf("a finished run left out what has no target, but: %+v", c)
	}
}

// Every operation is in a bin, whatever its latency; an axis spans all points, and what is invalid is only in its own.
func TestHistograms(t *testing.T) {
	ok := result.Validity{Valid: true}
	points := []result.Point{
		{Validity: ok, Histogram: encoded(1e6, 2e6, 2e6)},
		{Validity: ok, Histogram: "no histogram"},
		{Histogram: encoded(8e6)},
		{Validity: ok, Histogram: encoded()},
	}
	each, all := histograms(points)
	sum := func(h histogram) (n int64) {
		for _, c := range h.counts {
			n += c
		}
		return n
	}
	if got := []int64{sum(each[0]), sum(each[2]), sum(all)}; !slices.Equal(got, []int64{3, 1, 3}) {
		t.Errorf("operations in the bins: %v", got)
	}
	const third = bins/3 - 1 // a histogram rounds down
	if each[0].counts[0] != 1 || each[0].counts[third] != 2 || each[2].counts[bins-1] != 1 {
		t.Errorf("1, 2 and 8 ms are in the bins %v and %v", each[0].counts, each[2].counts)
	}
	if each[1].Path != "" || each[3].Path != "" {
		t.Error("what is no histogram, or has no operation, is drawn")
	}
	if all.Low != "1.00" || !strings.HasPrefix(all.High, "8.0") {
		t.Errorf("the axis goes from %s to %s ms", all.Low, all.High)
	}
	same, _ := histograms([]result.Point{{Validity: ok, Histogram: encoded(5e6, 5e6)}})
	if strings.Contains(same[0].Path, "NaN") || sum(same[0]) != 2 {
		t.Errorf("equal latencies: %q", same[0].Path)
	}
}

// The folder of a document may be anywhere; links go to the run itself, also if it was given as the latest.
func TestFiles(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "results", "fig 2b", "run#1")
	if err := os.MkdirAll(filepath.Join(dir, result.HistoryDir), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{result.ManifestFile, filepath.Join(result.HistoryDir, "a.jsonl.gz")} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	latest := filepath.Join(root, "latest")
	if err := os.Symlink(dir, latest); err != nil {
		t.Fatal(err)
	}
	f := newFolder(latest, filepath.Join(root, "results"))
	if got, want := f.rawData()[1].Href, "fig%202b/run%231/manifest.json"; got != want || len(f.rawData()) != 2 {
		t.Errorf("the last of %v leads to %s, want %s", f.rawData(), got, want)
	}
	if x := f.history("a.jsonl.gz"); x.Href == "" {
		t.Errorf("a history that is there has no link: %+v", x)
	}
	for _, name := range []string{"b.jsonl.gz", "../../../etc/passwd"} {
		if x := f.history(name); x.Href != "" || x.Name != name {
			t.Errorf("a history that is not there: %+v", x)
		}
	}
}

// What a shell reads of the command is the experiment cut down to the point.
func TestAgain(t *testing.T) {
	r := &run{Name: "results/it's mine"}
	p := result.Point{
		Series: result.Series{
			Protocol: "mabd", Variant: "unanimous", Op: "read", T: 2, ValueBytes: 4096, Suite: "paper",
		},
		Load: result.Load{Clients: 3},
	}
	got := runAgain(r, p)
	if want := `'results/it'\''s mine/manifest.json' > again.yaml && powbench run --results again again.yaml`; !strings.HasSuffix(got, want) {
		t.Errorf("%s\nwant it to end with %s", got, want)
	}
	_, rest, _ := strings.Cut(got, "jq '.config + ")
	object, _, _ := strings.Cut(rest, " | del(.arrival)' ")
	var only result.Plan
	if err := json.Unmarshal([]byte(object), &only); err != nil {
		t.Fatal(err)
	}
	p.Durability, p.Arrival = "write", result.Closed
	only.Durability = result.List[string]{"write"}
	if cells := only.Cells(); len(cells) != 1 || cells[0] != (result.Cell{Series: p.Series, Load: p.Load}) {
		t.Errorf("%s asks for %v", object, cells)
	}
	p.Arrival, p.Rate = result.Poisson, 12.5
	if got := runAgain(r, p); !strings.Contains(got, `"arrival":{"clients":3,"process":"poisson","rates":["12.5/s"]}`) {
		t.Errorf("%s repeats no open loop", got)
	}
	r.Manifest.Config = []byte(`{"mix":["50% read"],"attack":["none","B1"],"objective":{"p99":"20ms"}}`)
	p.Op, p.Attack, p.Sizes = "95% read", "B1", result.Sizes{Distribution: result.ETC, Most: result.MiB}
	for _, want := range []string{`"mix":"95% read"`, `"attack":"B1"`, `"value":[{"distribution":"etc","most":"1MiB"}]`, "del(.operations, .objective)"} {
		if got := runAgain(r, p); !strings.Contains(got, want) {
			t.Errorf("%s lacks %s", got, want)
		}
	}
	r.Manifest.Seed, r.Manifest.Quick = 9, true
	trial := attackAgain(r, result.Trial{Protocol: "mabd", Attack: "B2; rm -rf ~", T: 1})
	if want := "powbench attack --protocol mabd --attack 'B2; rm -rf ~' --t 1 --seed 9 --quick --results again"; trial != want {
		t.Errorf("%s\nwant %s", trial, want)
	}
}

func TestAnchors(t *testing.T) {
	ids := anchors{}
	for _, c := range [][2]string{{"A b/c", "a-b-c"}, {"a b c", "a-b-c-2"}, {"a-b-c-2", "a-b-c-2-2"}, {"λ", "x"}, {"", "x-2"}} {
		if got := ids.unique(c[0]); got != c[1] {
			t.Errorf("%q became %s, want %s", c[0], got, c[1])
		}
	}
}
