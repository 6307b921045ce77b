package plots

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/stat"
	"github.com/powbench/powbench/plots/tables"
)

// legs are the rounds of READ and WRITE without faults.
var legs = map[string]map[string]result.Rounds{
	"powerstore":  {"read": {Data: 1, Metadata: 1}, "write": {Data: 1, Metadata: 1}},
	"mpowerstore": {"read": {Data: 1, Metadata: 1}, "write": {Data: 1, Metadata: 2}},
	"mabd":        {"read": {Data: 2}, "write": {Data: 1, Metadata: 1}},
	"phalanx":     {"read": {Data: 2}, "write": {Data: 1, Metadata: 1}},
}

// countedSet is a run in which all that is counted is as it should be.
func countedSet() *result.Set {
	s := syntheticFigure("table3", 2)
	for _, p := range s.Points { // one more protocol
		if p.Protocol == "mpowerstore" {
			p.Protocol = "powerstore"
			s.Points = append(s.Points, p)
		}
	}
	for i := range s.Points {
		p := &s.Points[i]
		p.Servers, p.ModelFactor = 3*p.T+1, result.TrafficFactor{} // as points of earlier versions have it
		if p.Protocol == "mabd" {
			p.Servers = 2*p.T + 1
		}
		p.LoadOps, p.ModelRounds = 40, legs[p.Protocol][p.Op]
		if p.CostFactor.ClientToServer < 1 { // no longer of any use to figures
			p.CostFactor.ClientToServer = 0
		}
		p.RoundKinds = map[result.Rounds]int64{p.ModelRounds: p.LoadOps}
		messages := p.LoadOps * int64(p.Servers*p.ModelRounds.Total())
		p.Messages = result.Traffic{ClientToServer: messages, ServerToClient: messages}
		unit := float64(p.LoadOps) * float64(p.ValueBytes)
		p.WireBytes = result.Traffic{
			ClientToServer: int64((p.CostFactor.ClientToServer + 0.004) * unit),
			ServerToClient: int64((p.CostFactor.ServerToClient + 0.002) * unit),
		}
	}
	return s
}

// countedTrials is an attack run that counted rounds. M-PoWerStore's READs need a third one under B6.
func countedTrials() *result.Set {
	s := syntheticTrials()
	for i := range s.Trials {
		t := &s.Trials[i]
		t.ReadKinds = map[result.Rounds]int64{legs[t.Protocol]["read"]: 1000, {Metadata: 1}: 3}
		t.WriteKinds = map[result.Rounds]int64{legs[t.Protocol]["write"]: 500}
		t.ReadMost.Bytes.ServerToClient = 8192
		if t.Protocol == "mpowerstore" && t.Attack == "B6" {
			t.ReadKinds[result.Rounds{Data: 1, Metadata: 2}] = 17
			t.ReadMost.Messages = result.Traffic{ClientToServer: 12, ServerToClient: 11}
		}
		if t.Protocol == "mabd" && t.Attack == "B3" { // beyond what it is to withstand
			t.ReadKinds[result.Rounds{Data: 7}] = 1
		}
		if t.Protocol == "phalanx" && t.Attack == "B12" {
			t.Expectation, t.ReadKinds = result.Beyond, map[result.Rounds]int64{{Data: 6}: 1}
		}
	}
	return s
}

// countTables are the made of counts by title.
func countTables(t *testing.T, sets ...*result.Set) map[string]tables.Table {
	t.Helper()
	made := summary(t, sets...)
	found := map[string]tables.Table{}
	for _, table := range made {
		if strings.HasPrefix(table.Title, "Table 3: ") {
			found[strings.Fields(table.Title)[2]] = table
		}
	}
	return found
}

// judged checks the last cells of the rows that begin with the name.
func judged(t *testing.T, table tables.Table, name string, want ...string) {
	t.Helper()
	var got []string
	for _, row := range table.Rows {
		if row[0] == name {
			got = append(got, row[len(row)-1])
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s: the rows of %s say %q, want %q", table.Title, name, got, want)
	}
}

func TestTable3(t *testing.T) {
	made := summary(t, countedTrials(), countedSet())[1:4] // between the measurements and the attacks
	checkGolden(t, "table3.md", markdownOf(made))
	for _, row := range slices.Concat(made[1].Rows, made[2].Rows) {
		if v := row[len(row)-1]; v != frame.Equal && v != stat.Missing {
			t.Errorf("%v: %s", row, v)
		}
	}
}

// Whatever is counted wrong, in one run of all, makes its row and its protocol differ, and no other.
func TestWrongCountsDiffer(t *testing.T) {
	for want, spoil := range map[string]func(p *result.Point){
		"DIFFERS: rounds": func(p *result.Point) {
			p.RoundKinds = map[result.Rounds]int64{p.ModelRounds: p.LoadOps - 1, {Data: 2, Metadata: 1}: 1}
		},
		"DIFFERS: messages": func(p *result.Point) { p.Messages.ServerToClient-- },
		"DIFFERS: bytes":    func(p *result.Point) { p.WireBytes.ClientToServer += p.WireBytes.ClientToServer / 10 },
		"DIFFERS: rounds, messages, bytes": func(p *result.Point) {
			p.ModelRounds.Data++
			p.CostFactor.ServerToClient++
		},
	} {
		s := countedSet()
		i := slices.IndexFunc(s.Points, func(p result.Point) bool { return p.Protocol == "phalanx" && p.Op == "write" })
		spoil(&s.Points[i])
		s.Points[i].Valid = false // what is wrong may also make it invalid, but does not hide behind that
		made := countTables(t, s)
		judged(t, made["rounds,"], "Phalanx", frame.Equal, want)
		judged(t, made["latency"], "Phalanx [34]", want)
		judged(t, made["latency"], "PoWerStore", "equal without faults")
	}
}

// What was not counted does not pass for equal: runs in which operations failed, or of an earlier version.
func TestNotCounted(t *testing.T) {
	s := countedSet()
	for i := range s.Points {
		if p := &s.Points[i]; p.Protocol == "mabd" && p.Op == "read" {
			p.Errors = 1
		} else if p.Protocol == "mabd" {
			p.RoundKinds = nil
		}
	}
	made := countTables(t, s)
	judged(t, made["rounds,"], "M-ABD", frame.NotMeasured, frame.NotMeasured)
	judged(t, made["latency"], "M-ABD", frame.NotMeasured)
}

// The paper's worst case must be reached and not exceeded.
func TestWorstCase(t *testing.T) {
	for want, of := range map[string]func(r *result.Trial){
		frame.Equal:       func(*result.Trial) {},
		frame.NotReached:  func(r *result.Trial) { r.ReadKinds = map[result.Rounds]int64{{Data: 1, Metadata: 1}: 1000} },
		"DIFFERS: rounds": func(r *result.Trial) { r.ReadKinds = map[result.Rounds]int64{{Data: 2, Metadata: 1}: 1000} },
	} {
		s := countedTrials()
		for i := range s.Trials {
			if r := &s.Trials[i]; r.Protocol == "mpowerstore" && r.Attack == "B6" {
				of(r)
			}
		}
		made := countTables(t, countedSet(), s)
		judged(t, made["worst"], "M-PoWerStore", want, frame.Equal)
		judged(t, made["latency"], "M-PoWerStore", want)
	}
}

// Rounds of which no trial or point speaks are in no table, and are not drawn.
func TestNoCounts(t *testing.T) {
	if made := countTables(t, syntheticFigure("2b", 1), countedTrials()); len(made) > 0 {
		t.Errorf("made without counts: %v", made)
	}
	made := countTables(t, countedSet(), syntheticTrials())
	if _, there := made["worst"]; there || len(made) != 2 {
		t.Error("trials of an earlier version have a worst case")
	}
	files, err := Draw([]*result.Set{countedSet()}, t.TempDir(), 0)
	if err != nil || len(files) > 0 {
		t.Errorf("drawn: %v, %v", files, err)
	}
	if strings.Contains(textOf(summary(t, countedSet())), "Ratios") {
		t.Error("ratios without peaks")
	}
}

// factors is how much faster than its protocol's own variant a planted variant is.
var factors = map[[2]string]float64{
	{"mpowerstore", "replicated-signed"}: 0.5,
	{"mpowerstore", "signed"}:            0.8,
	{"mpowerstore", "lean"}:              2,
	{"mabd", "unanimous"}:                1.1,
	{"phalanx", "of a stranger"}:         1.2,
}

// ablations is a run of the paper's protocols and of variants that are faster or slower by a known factor.
func ablations(n int) *result.Set {
	s := syntheticFigure(frame.Ablation, n)
	for _, p := range s.Points {
		for v, factor := range factors {
			if v[0] == p.Protocol {
				q := p
				q.Variant = v[1]
				q.ThroughputMBps, q.ThroughputOps = factor*p.ThroughputMBps, factor*p.ThroughputOps
				q.LatencyMs.Mean = p.LatencyMs.Mean / factor
				s.Points = append(s.Points, q)
			}
		}
	}
	return s
}

func TestAblationFigure(t *testing.T) {
	svg := render(t, ablations(3))
	checkGolden(t, "figablation.svg", svg)
	last := 0
	for _, name := range []string{
		"Phalanx", "M-PoWerStore, replicated and signed", "M-PoWerStore, signed", "M-PoWerStore", "M-PoWerStore, t+1 fragments",
		"M-ABD", "M-ABD, write-back if needed", "Phalanx, of a stranger",
	} {
		at := strings.Index(svg, ">"+name+"<")
		if at < last {
			t.Errorf("%s is missing or stands above the one before", name)
		}
		last = at
	}
}

// Without all of the causes nothing is set apart, and one number of clients is no search for a peak.
func TestSetUpFigure(t *testing.T) {
	s := ablations(2)
	s.Points = frame.Keep(s.Points, func(p result.Point) bool { return p.Clients == 1 && p.Variant == result.Paper })
	for i := range s.Points {
		s.Points[i].Figure = frame.SetUp
	}
	for _, p := range slices.Clone(s.Points) {
		p.Suite, p.Durability = "modern", "fsync"
		s.Points = append(s.Points, p)
	}
	svg := render(t, s)
	says(t, "the figure", svg, ">Throughput, 1 client (MB/s)<", ">M-ABD, modern suite, fsync<")
	if n := strings.Count(svg, " suite, fsync<"); n != 6 || strings.Count(svg, ">M-ABD<") != 2 {
		t.Errorf("%d names of the other set-up in two panels, want 6", n)
	}
}

// Each cause of the gain is the ratio that was planted.
func TestSplitTable(t *testing.T) {
	made := summary(t, ablations(3))
	table := made[len(made)-1]
	if len(table.Rows) != 6 {
		t.Fatalf("%d rows, want 3 for each operation", len(table.Rows))
	}
	product := map[string]float64{}
	for _, row := range table.Rows {
		under, over := row[3], row[4]
		x, _ := strconv.ParseFloat(strings.Fields(row[7])[0], 64)
		product[row[0]] = max(product[row[0]], 1) * x
		if over == "M-PoWerStore" && row[7] != "1.25 [1.25, 1.25]" {
			t.Errorf("from %s to %s: %s, planted 1.25", under, over, row[7])
		}
		if over == "M-PoWerStore, signed" && row[9] != "0.63 [0.63, 0.62]" && !strings.HasPrefix(row[9], "0.62") {
			t.Errorf("latency from %s to %s: %s, planted 0.625", under, over, row[9])
		}
	}
	for _, row := range made[len(made)-2].Rows { // ratios of M-PoWerStore itself
		if whole := strings.Fields(row[8])[0]; row[1] == "paper/paper/write" && strings.HasSuffix(row[5], "/ Phalanx") {
			if x, _ := strconv.ParseFloat(whole, 64); math.Abs(product[row[2]]/x-1) > 0.02 {
				t.Errorf("%s: the causes multiply to %.2f, the whole gain is %s", row[2], product[row[2]], whole)
			}
		}
	}
}
