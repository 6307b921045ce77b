package claims

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/query"
	"github.com/powbench/powbench/plots/sink"
	"github.com/powbench/powbench/plots/tables"
	"github.com/powbench/powbench/protocols/catalog"
)

// book writes a book of that text and loads it.
func book(t *testing.T, text string) (*Book, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "claims.yaml")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return Load(file)
}

// peaks is a set with READs of M-PoWerStore at 60 MB/s, of M-ABD at 40 and, if there is room for it, of both at t = 2 at 50
// and 25, each two times and a little apart.
func peaks(ts ...int) *result.Set {
	s := &result.Set{Dir: "results/fig2b"}
	for _, t := range ts {
		for protocol, x := range map[string][]float64{"mpowerstore": {60, 50}, "mabd": {40, 25}} {
			for r := range 2 {
				mbps := x[t-1] * (1 + float64(r)/1000)
				s.Points = append(s.Points, result.Point{
					Experiment: "fig2b", Figure: "2b",
					Series: result.Series{
						Protocol: protocol, Variant: "paper", Suite: "paper", Durability: "write", Op: "read", T: t,
						ValueBytes: 256 << 10,
					},
					Load: result.Load{Clients: 4}, Repetition: r + 1, ThroughputMBps: mbps, ThroughputOps: 1,
					LatencyMs: result.Latency{Mean: 1}, Validity: result.Validity{Valid: true},
				})
			}
		}
	}
	return s
}

const two = `
claims:
  - id: gain
    section: §1
    claim: it is faster
    reading: by half, at each t
    for: {t: [2, 1]}
    holds:
      - >-
        peak("2b", "mpowerstore", "read", {t: t}) / peak("2b", "mabd", "read", {t: t}) >= 1.45
      - 'peak("2b", "mpowerstore", "read", {t: t}) >= 55'
  - {id: proof, section: A.1, claim: it is optimal, reading: a theorem, test: go test}
`

// The worst inequality decides: a claim that is false for one t is false, whatever was not measured.
func TestVerdicts(t *testing.T) {
	b, err := book(t, two)
	if err != nil {
		t.Fatal(err)
	}
	const id = "fig2b/mpowerstore/read/t%/256KiB/c4/paper/write"
	for _, c := range []struct {
		sets              []*result.Set
		outcome           Outcome
		measured, missing string
		points            int
	}{
		{nil, query.NotMeasured, "", "missing: 2b/mabd/read/t1/256KiB/paper/write, 2b/mabd/read/t2", 0},
		{[]*result.Set{peaks(1)}, query.NotMeasured, "t = 1: 1.50 [1.50, 1.50] ≥ 1.45; t = 1: 60.0 ± 0.4 ≥ 55", "/t2/", 2},
		{[]*result.Set{peaks(2)}, query.DoesNotHold, "t = 2: 2.00 [2.00, 2.00] ≥ 1.45; t = 2: 50.0 ± 0.3 ≥ 55", "/t1/", 2},
		{[]*result.Set{peaks(1, 2)}, query.DoesNotHold, "t = 2: 2.00 [2.00, 2.00] ≥ 1.45; t = 1: 1.50", "", 4},
	} {
		vs, err := b.Evaluate(c.sets, result.Virtual{})
		if err != nil {
			t.Fatal(err)
		}
		v := vs[0]
		if v.Outcome != c.outcome || !strings.HasPrefix(v.Measured, c.measured) || !strings.Contains(v.Missing, c.missing) ||
			(c.missing == "") != (v.Missing == "") || len(v.Points) != c.points {
			t.Errorf("%+v\nwant %+v", v, c)
		}
		if c.points == 4 && v.Points[2] != strings.Replace(id, "%", "1", 1) {
			t.Errorf("points %v", v.Points)
		}
		if v := vs[1]; v.Outcome != query.NotMeasured || v.Missing != "decided by a test: go test" {
			t.Errorf("%+v", v)
		}
	}
}

func TestBooksThatAreRefused(t *testing.T) {
	for _, c := range []struct{ old, by, want string }{
		{`'peak("2b", "mpowerstore"`, `'peak("2b", "nobody"`, `claims.yaml:11: claim "gain": unknown protocol "nobody": it is mpowerstore`},
		{`'peak("2b"`, `'peak("3b"`, `claims.yaml:11: claim "gain": unknown figure "3b": it is 2a`},
		{`{t: t}) >= 55`, `{t: u}) >= 55`, `claims.yaml:11: claim "gain": unknown name u`},
		{`>= 55`, `+ 55`, `is not an inequality`},
		{`section: §1`, `chapter: §1`, `claims.yaml:4:5: unknown field "chapter"`},
		{`    section: §1`, ``, `claims.yaml:3: claim "gain": has no section: add one`},
		{`test: go test`, ``, `claims.yaml:12: claim "proof": needs either holds`},
		{`id: proof`, `id: gain`, `claims.yaml:12: claim "gain" is also in line 3`},
		{`claims:`, `claim:`, `claims.yaml:2:1: unknown field "claim"`},
		{`    holds:`, `  holds:`, `claims.yaml:`},
		{two, `claims: []`, `no claims`},
	} {
		_, err := book(t, strings.Replace(two, c.old, c.by, 1))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s for %s: error %v\nwant %q in it", c.by, c.old, err, c.want)
		}
	}
	if _, err := Load("nowhere.yaml"); err == nil {
		t.Error("a book that is not there was loaded")
	}
}

// The targets are a book like any other, of which nothing is measured here.
func TestTargets(t *testing.T) {
	b, err := Load("../../configs/targets.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(b.claims) < 5 {
		t.Errorf("%d targets", len(b.claims))
	}
}

func TestTable(t *testing.T) {
	b, err := Load("../../configs/claims.yaml")
	if err != nil {
		t.Fatal(err)
	}
	vs, err := b.Evaluate([]*result.Set{peaks(1, 2)}, result.Virtual{})
	if err != nil {
		t.Fatal(err)
	}
	table := Verdicts(vs).Table()
	text := sink.String(tables.Tables{table}, sink.Text)
	for _, want := range []string{"does not hold", "not measured", "1.50 [1.50, 1.50] ≥ 1.75", "missing: 2a/mabd/read/t1"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if len(table.Rows) != len(vs) || len(vs) < 14 {
		t.Errorf("%d rows for %d claims", len(table.Rows), len(vs))
	}
}

// A claim may speak of any protocol that there is.
func TestProtocols(t *testing.T) {
	for _, name := range catalog.Names() {
		if _, err := (&query.Results{}).Evaluate(`peak("2b", "`+name+`", "read")`, nil); err != nil {
			t.Error(err)
		}
	}
}

// The paper's claims name no protocol that is in no list, and are decided by the reference results without an error.
func TestPaper(t *testing.T) {
	b, err := Load("../../configs/claims.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range b.claims {
		for _, h := range c.Holds {
			for i, part := range strings.Split(h.Text, `"`) {
				name, _, isVariant := strings.Cut(part, "+")
				_, unknown := catalog.ByName(name)
				if _, err := catalog.ByName(part); i%2 == 1 && isVariant && unknown == nil && err != nil {
					t.Errorf("%s: %v", c.ID.Text, err)
				}
			}
		}
	}
	sets, found, err := query.ReadAll("../../results/reference")
	if err != nil {
		t.Fatal(err)
	}
	vs, err := b.Evaluate(sets, found)
	if err != nil {
		t.Fatal(err)
	}
	if testing.Verbose() {
		t.Log(sink.String(tables.Tables{Verdicts(vs).Table()}, sink.Text))
	}
	if !slices.ContainsFunc(vs, func(v Verdict) bool { return v.Outcome == query.Holds }) {
		t.Error("the reference results decide no claim")
	}
}
