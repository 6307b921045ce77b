package load

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/powbench/powbench/harness/experiment"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/study"
	"github.com/powbench/powbench/harness/testbed"
	"github.com/powbench/powbench/netem"
)

// read reads the text as an experiment file.
func read(t *testing.T, text string) *experiment.Experiment {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.yaml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	e, err := experiment.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// network is a testbed that is not there: hosts, and delays between them.
type network struct {
	testbed.Testbed
	testbed.Shaper
	servers, clients int
	delay            testbed.Delay
}

func (n network) Hosts() (servers, clients []testbed.Host) {
	return make([]testbed.Host, n.servers), make([]testbed.Host, n.clients)
}

func (n network) Delay(_, _ testbed.Host) testbed.Delay { return n.delay }

// newRunner is a runner of the experiment that has not begun, with that many hosts, on links of that rate.
func newRunner(t *testing.T, text string, servers, clients int, rateBits int64) *runner {
	t.Helper()
	r := &runner{Options: Options{Experiment: read(t, text)}, bench: &study.Bench{Testbed: network{servers: servers, clients: clients}}}
	r.bench.Manifest.Testbed.RateBits, r.bench.Manifest.Testbed.Shaped = rateBits, rateBits > 0
	return r
}

// near reports whether got is want but for rounding.
func near(got, want, tolerance float64) bool { return got >= want-tolerance && got <= want+tolerance }

// pointOf is a valid point of the run.
func (r *runner) pointOf(run experiment.Run) result.Point {
	p := r.newPoint(run, 1)
	p.Valid = true
	return p
}

// The earlier start has done valid points, but not what a disturbance spoilt, nor searches that were not made. Open loops
// are told apart by their rate, and from closed ones with as many clients.
func TestEarlier(t *testing.T) {
	r := newRunner(t, "experiment: x\nprotocols: [mabd]\noperations: [read]\nclients: [2]\nrepetitions: 1\n"+
		"arrival: {rates: [50/s, 100/s], clients: 2}\n", 1, 3, 0)
	set := &result.Set{Manifest: result.Manifest{Searches: []result.Search{{Series: r.Experiment.Cells()[0].Series, Chosen: 12}}}}
	var done, spoilt []string
	for _, run := range r.Experiment.Schedule() {
		p := r.pointOf(run)
		if p.Open() != (run.Rate > 0) || p.Open() != (p.Arrival == result.Poisson) {
			t.Errorf("a run at %v/s has arrival %q", run.Rate, p.Arrival)
		}
		name := (&measurement{r, run}).Name()
		if run.Rate == 50 {
			p.Fail(result.OtherWork, "other work")
			p.Attempt, p.Linearizable.Code = 2, result.Violation
			spoilt = append(spoilt, name)
		} else {
			done = append(done, name)
		}
		set.Points = append(set.Points, p)
	}
	e := r.earlier(set)
	if e.Violated != 1 || e.Attempts[spoilt[0]] != 2 || e.Done[spoilt[0]] || !e.Done["search mabd/read/t1/256KiB"] {
		t.Errorf("earlier %+v", e)
	}
	for _, name := range done {
		if !e.Done[name] {
			t.Errorf("%s is not done in %v", name, e.Done)
		}
	}
}

// A series whose clients are searched for is measured with as many as the search chose.
func TestSearchedClients(t *testing.T) {
	r := newRunner(t, "experiment: x\nprotocols: [mabd]\noperations: [read]\nclients: saturate\n", 1, 3, 0)
	tasks := r.tasks()
	cell := r.Experiment.Cells()[0]
	if n := r.clientsFor(cell); n != 0 || tasks[0].Name() != "search mabd/read/t1/256KiB" || len(tasks) != 1+len(r.Experiment.Schedule()) {
		t.Errorf("%d clients before %s, %d tasks", n, tasks[0].Name(), len(tasks))
	}
	other := cell.Series
	other.Op = result.OpWrite
	r.bench.Manifest.Searches = []result.Search{{Series: other, Chosen: 9}, {Series: cell.Series, Chosen: 12}}
	if n := r.clientsFor(cell); n != 12 || tasks[1].Name() != "mabd-read-t1-256KiB-c12-rep1" {
		t.Errorf("%d clients after the search found 12: %s", n, tasks[1].Name())
	}
}

// Where a search chooses a number that is measured anyway, that is measured once.
func TestSearchedClientsThatAreListed(t *testing.T) {
	r := newRunner(t, "experiment: x\nprotocols: [mabd]\noperations: [read]\nclients: [1, saturate]\nrepetitions: 1\n", 1, 3, 0)
	cell := r.Experiment.Cells()[1]
	for chosen, want := range map[int]bool{1: true, 4: false} {
		r.bench.Manifest.Searches = []result.Search{{Series: cell.Series, Chosen: chosen}}
		alone, found := &measurement{r, experiment.Run{Cell: r.Experiment.Cells()[0]}}, &measurement{r, experiment.Run{Cell: cell}}
		if alone.twice() || found.twice() != want || alone.Name() == found.Name() {
			t.Errorf("%d clients: %s and %s, the second is the same: %v", chosen, alone.Name(), found.Name(), found.twice())
		}
		if !want {
			continue
		}
		if line, _, err := found.Do(t.Context(), 1); line != nil || err != nil {
			t.Errorf("measured again: %v, %v", line, err)
		}
	}
}

// notExperiments are the files of configs that something else reads.
var notExperiments = map[string]bool{"claims.yaml": true, "targets.yaml": true, "table1.yaml": true}

// Every run of a schedule has files of its own, in one folder, and a point leads back to its run.
func TestRunNames(t *testing.T) {
	files, err := filepath.Glob("../../../configs/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no experiments: %v", err)
	}
	files = slices.DeleteFunc(files, func(f string) bool { return notExperiments[filepath.Base(f)] })
	experiments := []*experiment.Experiment{read(t, "experiment: x\nt: [1, 2, 3]\nclients: [1, 11]\nrepetitions: 12\n"+
		"arrival: {process: fixed, rates: [0.5/s, 1/s, 100/s], clients: 11}\n"+
		"value: [32B, 1000B, 1KiB, 1025B, 64KiB, 65537B, 1MiB]\n")}
	for _, file := range files {
		e, err := experiment.Load(file)
		if err != nil {
			t.Fatal(err)
		}
		experiments = append(experiments, e)
	}
	for _, e := range experiments {
		r := &runner{Options: Options{Experiment: e}, bench: &study.Bench{}}
		seen := map[string]bool{}
		for _, run := range e.Schedule() {
			name := runName(run)
			if seen[name] || strings.ContainsAny(name, "/ ") {
				t.Errorf("%s: %q is taken or no file name", e.Name, name)
			}
			seen[name] = true
			if p := r.newPoint(run, 1); runName(runOf(p)) != name {
				t.Errorf("%s: the point of %q leads to %q", e.Name, name, runName(runOf(p)))
			}
		}
	}
}

// Nothing is begun that cannot be resumed.
func TestRunRefuses(t *testing.T) {
	e := read(t, "experiment: x\n")
	_, err := Run(t.Context(), Options{Experiment: e, Options: study.Options{Results: t.TempDir(), Resume: true}})
	if !errors.Is(err, study.ErrUsage) {
		t.Errorf("resume of nothing: %v", err)
	}
}

func TestTell(t *testing.T) {
	good := result.Point{ThroughputMBps: 39.16, LatencyMs: result.Latency{Mean: 12.34}, Validity: result.Validity{Valid: true}}
	shaped, bad := good, good
	shaped.Shaped, shaped.BoundRatio = true, 0.998
	bad.Fail(result.NoOperations, "no operation ended in the window")
	worse := bad
	worse.Fail(result.LittlesLaw, "Little's law is off")
	worse.Fail(result.OtherWork, "other work took the CPU away")
	for want, p := range map[string]result.Point{
		"39.2 MB/s, 12.3 ms": good,
		"39.2 MB/s, 12.3 ms, 100 % of the network's bound":                                             shaped,
		"39.2 MB/s, 12.3 ms — INVALID: no operation ended in the window":                               bad,
		"39.2 MB/s, 12.3 ms — INVALID: no operation ended in the window; also littles-law, other-work": worse,
	} {
		if got := tell(p, true); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// An experiment file may name just the distributions that there are.
func TestDistributions(t *testing.T) {
	inFiles := slices.Sorted(slices.Values(experiment.Distributions()))
	if !slices.Equal(inFiles, netem.Tables()) {
		t.Errorf("files know %v, NetEm has %v", inFiles, netem.Tables())
	}
}

func TestDelaysOfOneWAN(t *testing.T) {
	e := read(t, "experiment: x\ntestbed: {delay: {mean: 20ms, jitter: 4ms, loss: 1%, reorder: 2%, limit: 77, rate: 50Mbit}}")
	want := netem.Delay{
		Mean: 20 * time.Millisecond, Jitter: 4 * time.Millisecond, Distribution: "pareto",
		Loss: 0.01, Reorder: 0.02, Limit: 77, RateBits: 50e6,
	}
	between := delays(e.Testbed)
	for _, pair := range [][2]int{{0, 1}, {0, 0}, {1, 0}} {
		if got := between(pair[0], pair[1]); got != want {
			t.Errorf("%v: %+v, want %+v", pair, got, want)
		}
	}
	got := askedDelays(e.Testbed)
	if want := (result.Delay{
		MeanMs: 20, JitterMs: 4, Distribution: "pareto", Loss: 0.01, Reorder: 0.02, Limit: 77, RateBits: 50e6,
	}); len(got) != 1 || got[0] != want {
		t.Errorf("the manifest says %+v, want %+v", got, want)
	}
}

// Hosts of each kind take the regions in turn.
func TestDelaysOfRegions(t *testing.T) {
	e := read(t, "experiment: x\ntestbed: {topology: spread, regions: {names: [a, b], delays: {a-b: {mean: 7ms}, b-a: {mean: 9ms}}}}")
	between := delays(e.Testbed)
	for pair, want := range map[[2]int]time.Duration{{0, 1}: 7, {1, 2}: 9, {2, 0}: 0, {0, 0}: 0, {1, 0}: 9} {
		if got := between(pair[0], pair[1]).Mean; got != want*time.Millisecond {
			t.Errorf("%v: %v, want %d ms", pair, got, want)
		}
	}
	got := askedDelays(e.Testbed)
	if len(got) != 2 || got[0].From != "a" || got[0].To != "b" || got[0].MeanMs != 7 || got[1].MeanMs != 9 {
		t.Errorf("the manifest says %+v", got)
	}
	if none := askedDelays(read(t, "experiment: x").Testbed); none != nil {
		t.Errorf("a LAN's manifest says %+v", none)
	}
}

// Spread servers need as many hosts as the largest protocol has servers.
func TestServerHosts(t *testing.T) {
	for text, want := range map[string]int{
		"experiment: x\nt: [1, 3]":                                                 1,
		"experiment: x\nt: [1, 3]\ntestbed: {topology: spread}":                    10,
		"experiment: x\nt: [1, 2]\nprotocols: [mabd]\ntestbed: {topology: spread}": 5,
		"experiment: x\nt: [1, 3]\ntestbed: {topology: loopback}":                  1,
	} {
		s, err := newStudy(Options{Experiment: read(t, text)})
		if err != nil || s.Testbed.Servers != want || s.Testbed.Clients != 3 || s.Testbed.Delays != nil {
			t.Errorf("%q: %+v, %v, want %d hosts of servers", text, s.Testbed, err, want)
		}
	}
}

// The best of the plateau is chosen, by the mean of all tries, but never its edge unless that is all.
func TestChoose(t *testing.T) {
	found := result.Search{Steps: []result.SearchStep{
		{Clients: 2, ThroughputMBps: 10},
		{Clients: 4, ThroughputMBps: 39},
		{Clients: 8, ThroughputMBps: 40},
		{Clients: 16, ThroughputMBps: 38},
		{Clients: 4, ThroughputMBps: 41},
		{Clients: 8, ThroughputMBps: 39},
		{Clients: 16, ThroughputMBps: 39.4},
	}}
	for _, c := range []struct {
		plateau []int
		want    int
	}{{[]int{4, 8, 16}, 8}, {[]int{4, 16}, 16}, {[]int{8, 16}, 16}, {[]int{4}, 4}, {[]int{2, 4, 8, 16}, 4}} {
		if got := choose(found, c.plateau); got != c.want {
			t.Errorf("of %v: %d, want %d", c.plateau, got, c.want)
		}
	}
}

// A peak that stays far below its bound although nothing is full is warned of, if its clients were searched for.
func TestTellOfPoorPeaks(t *testing.T) {
	p := result.Point{Shaped: true, BoundRatio: 0.89, Bottleneck: result.OfLatency, Validity: result.Validity{Valid: true}}
	if got := tell(p, true); !strings.Contains(got, "WARNING: far below the bound") {
		t.Errorf("%q does not warn", got)
	}
	full, near := p, p
	full.Bottleneck, near.BoundRatio = result.OfServerCPU, 0.9
	for _, got := range []string{tell(p, false), tell(full, true), tell(near, true)} {
		if strings.Contains(got, "WARNING") {
			t.Errorf("%q warns", got)
		}
	}
}
