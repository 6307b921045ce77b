package numbers

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/query"
)

// measured is results of which the peak is 60.0 ± 2.5 MB/s for M-PoWerStore and half of that for M-ABD, and 1 234 567
// schedules.
func measured(t testing.TB) *query.Results {
	t.Helper()
	s := &result.Set{Dir: "results/fig2b"}
	for r, x := range []float64{59, 60, 61} {
		for protocol, share := range map[string]float64{"mpowerstore": 1, "mabd": 0.5} {
			s.Points = append(s.Points, result.Point{
				Experiment: "fig2b", Figure: "2b",
				Series: result.Series{
					Protocol: protocol, Variant: "paper", Suite: "paper", Durability: "write", Op: "read", T: 1,
					ValueBytes: 256 << 10,
				},
				Load: result.Load{Clients: 4}, Repetition: r + 1, ThroughputMBps: x * share, ThroughputOps: 1,
				LatencyMs: result.Latency{Mean: 1}, Validity: result.Validity{Valid: true},
			})
		}
	}
	r, err := query.New([]*result.Set{s}, result.Virtual{Simulated: []result.Simulated{{Schedules: 1234567}}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const bindings = `
numbers:
  a.md:
    - text: 'M-PoWerStore has {} MB/s'
      values: peak("2b", "mpowerstore", "read")
    - for: {op: read, protocol: [mpowerstore, mabd]}
      text: '| {op} | {protocol} | {} |'
      values: peak("2b", protocol, op)
    - text: 'ratio {}**, in {} schedules'
      values:
        - peak("2b", "mpowerstore", "read") / peak("2b", "mabd", "read")
        - of("simulation", "schedules")
constants:
  '*':
    - text: ['limit of {} ms', 1 Gbit/s]
      reason: settings
  a.md:
    - section: Model
      reason: a model
`

const page = `# Title
Here M-PoWerStore
has 60.0 ± 2.5 MB/s, **ratio 2.00**, in 1 234 567 schedules, over 1 Gbit/s, with a limit of 12 ms.

| op | protocol | MB/s |
|---|---|---|
| READ | mpowerstore | 60 |
| READ | mabd | 30.0 |

Code such as ` + "`5 ms`" + `, [links](a.md#5.5) and names such as §6.2, D1, SHA-256, 2(a), 3t+1 and 4 servers are no measurements.

    7 ms in a block

## Model
58.8 MB/s
### Below
29.4 MB/s
`

// in writes a book and a document, and returns their folder and the book.
func in(t *testing.T, yaml, markdown string) (string, *Book) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"numbers.yaml": yaml, "a.md": markdown} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := Load(filepath.Join(dir, "numbers.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return dir, b
}

func TestCheck(t *testing.T) {
	yaml := bindings
	for _, c := range []struct{ old, by, want string }{
		{"", "", ""},
		{"60.0 ± 2.5", "60 ± 2", ""},
		{"60.0 ± 2.5", "60.0", ""},
		{"60.0 ± 2.5", "60.1 ± 2.5", "a.md:3: says 60.1 ± 2.5, but the results say 60.0 ± 2.5"},
		{"60.0 ± 2.5", "60.0 ± 2.4", "a.md:3: says 60.0 ± 2.4, but the results say 60.0 ± 2.5"},
		{"| 30.0 |", "| 31 |", "a.md:8: says 31, but the results say 30"},
		{"ratio 2.00", "ratio 2.01", "a.md:3: says 2.01, but the results say 2.00"},
		{"1 234 567", "1 234 568", "a.md:3: says 1 234 568, but the results say 1 234 567"},
		{"## Model", "It took 17 ms.\n## Model", "a.md:14: 17 is neither bound to results nor a constant: "},
		{"## Model", "It is 2.5 times.\n## Model", "a.md:14: 2.5 is neither"},
		{"## Model", "In 1 000 000 ways.\n## Model", "a.md:14: 1 000 000 is neither"},
		{"## Model", "Some 4 % and 3\n## Model", "a.md:14: 4 is neither"},
		{"### Below", "## Other", "a.md:17: 29.4 is neither"},
		{"| mabd | 30.0 |", "| mabd | 30.0 |\n| x | y | 17 |", "a.md:9: 17 is neither"},
	} {
		dir, b := in(t, yaml, strings.Replace(page, c.old, c.by, 1))
		findings, err := b.Check(dir, []string{"a.md"}, measured(t))
		if err != nil {
			t.Errorf("%s: %v", c.by, err)
			continue
		}
		if c.want == "" && len(findings) > 0 ||
			c.want != "" && (len(findings) != 1 || !strings.HasPrefix(findings[0], c.want)) {
			t.Errorf("%s for %s: %v\nwant %q", c.by, c.old, findings, c.want)
		}
	}
}

func TestUpdate(t *testing.T) {
	yaml := bindings
	stale := strings.NewReplacer("60.0 ± 2.5", "7.0 ± 1.1", "2.00", "1.00", "1 234 567", "9 999", "| 30.0", "| 1.0").Replace(page)
	dir, b := in(t, yaml, stale)
	if err := b.update(dir, []string{"a.md"}, measured(t)); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(filepath.Join(dir, "a.md")); string(got) != page {
		t.Errorf("%s\nwant %s", got, page)
	}
}

// A book that does not fit the documents is no book.
func TestStaleBooks(t *testing.T) {
	for _, c := range []struct{ old, by, want string }{
		{"has {} MB/s", "had {} MB/s", `numbers.yaml:4: "M-PoWerStore had {} MB/s", map[]: the document has this text 0 times`},
		{"M-PoWerStore has {} MB/s", "{} MB/s", `numbers.yaml:4: "{} MB/s", map[]: the document has this text 3 times`},
		{"  a.md:\n    - text: 'M", "  b.md:\n    - text: 'M", `numbers.yaml: there is no document "b.md"`},
		{"  a.md:\n    - text: 'M", "  '*':\n    - text: 'M", `numbers.yaml:4: "M-PoWerStore has {} MB/s", map[]: numbers are those of one document`},
		{"'M-PoWerStore has {} MB/s'", "a", `numbers.yaml:4: "a", map[]: 1 values for 0 {}`},
		{"| {op} |", "| {ops} |", "{ops} is not a variable"},
		{`values: peak("2b", "mpowerstore"`, `values: peak("2b", "nobody"`, `line 5: unknown protocol "nobody"`},
		{`values: peak("2b", "mpowerstore"`, `values: peak("2c", "mpowerstore"`, `line 5: peak("2c", "mpowerstore", "read"): not in the results`},
		{"limit of {} ms", "limits of {} ms", `numbers.yaml:15: "limits of {} ms", map[]: this is in no document any more: remove`},
		{"section: Model", "section: Models", `numbers.yaml:18: "a.md" has no section "Models"`},
	} {
		dir, b := in(t, strings.Replace(bindings, c.old, c.by, 1), page)
		if _, err := b.Check(dir, []string{"a.md"}, measured(t)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q in it", c.by, err, c.want)
		}
	}
	file := filepath.Join(t.TempDir(), "numbers.yaml")
	for text, want := range map[string]string{
		"constants: {a.md: [{text: a}]}":   "a constant needs a reason",
		"constants: {a.md: [{reason: a}]}": "a constant needs a reason",
		"number: []":                       `numbers.yaml:1:1: unknown field "number"`,
	} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q in it", text, err, want)
		}
	}
}
