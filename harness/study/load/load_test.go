package load

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/experiment"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/study"
	"github.com/powbench/powbench/harness/testbed"
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
	p := r.newPoint(run, run.Clients, 1)
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

// notExperiments are the files of configs that something else reads.
var notExperiments = map[string]bool{"claims.yaml": true, "table1.yaml": true}

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
			name := runName(run, run.Clients)
			if seen[name] || strings.ContainsAny(name, "/ ") {
				t.Errorf("%s: %q is taken or no file name", e.Name, name)
			}
			seen[name] = true
			if p := r.newPoint(run, run.Clients, 1); runName(runOf(p), p.Clients) != name {
				t.Errorf("%s: the point of %q leads to %q", e.Name, name, runName(runOf(p), p.Clients))
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
	for want, p := range map[string]result.Point{
		"39.2 MB/s, 12.3 ms": good,
		"39.2 MB/s, 12.3 ms, 100 % of the network's bound":               shaped,
		"39.2 MB/s, 12.3 ms — INVALID: no operation ended in the window": bad,
	} {
		if got := tell(p); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
