package harness

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/experiment"
	"github.com/powbench/powbench/harness/result"
)

const twoRuns = "experiment: x\nprotocols: [mabd]\noperations: [read]\nclients: [2]\nrepetitions: 2\n"

// open opens the set of the experiment below results.
func open(t *testing.T, results, text string, resume bool) (*runner, error) {
	t.Helper()
	r := &runner{experiment: load(t, text)}
	r.Options = Options{Experiment: r.experiment, ConfigFile: "x.yaml", Results: results, Resume: resume}
	err := r.openSet()
	return r, err
}

func mustOpen(t *testing.T, results, text string, resume bool) *runner {
	t.Helper()
	r, err := open(t, results, text, resume)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.saveManifest(); err != nil {
		t.Fatal(err)
	}
	return r
}

// pointOf is a valid point of the run.
func (r *runner) pointOf(run experiment.Run) result.Point {
	r.hosts = idleHosts
	p := r.newPoint(run, run.Clients, 1)
	p.Valid = true
	return p
}

func appendPoint(t *testing.T, dir string, p result.Point) {
	t.Helper()
	if err := result.Append(dir, p); err != nil {
		t.Fatal(err)
	}
}

// doneRuns are the names of the runs that the runner need not do.
func (r *runner) doneRuns() (names []string) {
	for _, run := range r.experiment.Schedule() {
		if name := runName(run, run.Clients); r.done[name] {
			names = append(names, name)
		}
	}
	return names
}

func TestNewSet(t *testing.T) {
	results := t.TempDir()
	r := mustOpen(t, results, twoRuns, false)
	if filepath.Dir(r.dir) != filepath.Join(results, "x") {
		t.Errorf("folder %s", r.dir)
	}
	for _, sub := range []string{result.HistoryDir, result.LogDir} {
		if !exists(filepath.Join(r.dir, sub)) {
			t.Errorf("no %s", sub)
		}
	}
	set, err := result.Read(filepath.Join(results, "x", result.LatestLink))
	if err != nil {
		t.Fatal(err)
	}
	m := set.Manifest
	same := m.Experiment == "x" && m.Seed == r.experiment.Seed && m.ConfigFile == "x.yaml"
	if !same || !strings.Contains(string(m.Config), `"mabd"`) {
		t.Errorf("manifest %+v", m)
	}
	if done := r.doneRuns(); len(done) > 0 {
		t.Errorf("a new run has done %v", done)
	}
}

// A second run of the same second does not get the first one's folder.
func TestRunsOfOneSecond(t *testing.T) {
	results := t.TempDir()
	for range 50 {
		r := mustOpen(t, results, twoRuns, false)
		_, err := open(t, results, twoRuns, false)
		if err == nil {
			continue // the second has changed between them
		}
		if !strings.Contains(err.Error(), r.dir+" exists") {
			t.Errorf("error %v", err)
		}
		return
	}
	t.Error("fifty times two runs of one second got two folders")
}

// A resumed run knows what is done: valid points, but not one whose line was cut off, nor what a disturbance spoilt.
func TestResume(t *testing.T) {
	results := t.TempDir()
	first := mustOpen(t, results, twoRuns, false)
	runs := first.experiment.Schedule()
	appendPoint(t, first.dir, first.pointOf(runs[0]))
	spoilt := first.pointOf(runs[1])
	spoilt.Fail(result.OtherWork, "other work")
	appendPoint(t, first.dir, spoilt)

	second := mustOpen(t, results, twoRuns, true)
	if second.dir != first.dir || second.manifest.Started != first.manifest.Started {
		t.Errorf("%s was resumed as %s", first.dir, second.dir)
	}
	done, again := runName(runs[0], 2), runName(runs[1], 2)
	if got := second.doneRuns(); !slices.Equal(got, []string{done}) {
		t.Errorf("done %v, want %s", got, done)
	}
	if n := second.attempts[again]; n != 1 {
		t.Errorf("%d attempts of %s, want 1", n, again)
	}

	points := filepath.Join(second.dir, result.PointsFile)
	data, err := os.ReadFile(points)
	if err != nil {
		t.Fatal(err)
	}
	whole, _, _ := strings.Cut(string(data), "\n")
	write(t, points, whole[:len(whole)-7])
	third := mustOpen(t, results, twoRuns, true)
	if got := third.doneRuns(); len(got) > 0 {
		t.Errorf("done %v although its line was cut off", got)
	}
	appendPoint(t, third.dir, third.pointOf(runs[1]))
	if got := mustOpen(t, results, twoRuns, true).doneRuns(); !slices.Equal(got, []string{again}) {
		t.Errorf("done %v, want the point behind the one that was cut off", got)
	}
}

// A resumed run tells open loops apart by their rate, and from closed ones with as many clients.
func TestResumeOpenLoops(t *testing.T) {
	const text = "experiment: x\nprotocols: [mabd]\noperations: [read]\nclients: [2]\nrepetitions: 1\n" +
		"arrival: {rates: [50/s, 100/s], clients: 2}\n"
	results := t.TempDir()
	first := mustOpen(t, results, text, false)
	var done []string
	for _, run := range first.experiment.Schedule() {
		if run.Rate != 50 {
			p := first.pointOf(run)
			if open := run.Rate > 0; p.Open() != open || open != (p.Arrival == result.Poisson) {
				t.Errorf("a run at %v/s has arrival %q", run.Rate, p.Arrival)
			}
			appendPoint(t, first.dir, p)
			done = append(done, runName(run, run.Clients))
		}
	}
	if got := mustOpen(t, results, text, true).doneRuns(); !slices.Equal(got, done) || len(done) != 2 {
		t.Errorf("done %v, want %v", got, done)
	}
}

// Searches that were made are not made again.
func TestResumeKeepsSearches(t *testing.T) {
	results := t.TempDir()
	const text = "experiment: x\nprotocols: [mabd]\noperations: [read]\nclients: saturate\n"
	r := mustOpen(t, results, text, false)
	cell := r.experiment.Cells()[0]
	if n := r.clientsFor(cell); n != 0 {
		t.Errorf("%d clients before the search", n)
	}
	other := cell.Series
	other.Op = result.OpWrite
	r.manifest.Searches = []result.Search{{Series: other, Chosen: 9}, {Series: cell.Series, Chosen: 12}}
	if err := r.saveManifest(); err != nil {
		t.Fatal(err)
	}
	if n := mustOpen(t, results, text, true).clientsFor(cell); n != 12 {
		t.Errorf("%d clients after the search found 12", n)
	}
}

func TestResumeRefuses(t *testing.T) {
	results := t.TempDir()
	refused := func(text, want string) {
		t.Helper()
		if _, err := open(t, results, text, true); !errors.Is(err, ErrUsage) || !strings.Contains(err.Error(), want) {
			t.Errorf("resume of %q: %v, want %q", text, err, want)
		}
	}
	refused(twoRuns, "run without --resume")
	r := mustOpen(t, results, twoRuns, false)
	for _, change := range []string{"t: [2]\n", "seed: 1\n", "testbed: {rate: 100Mbit}\n"} {
		refused(twoRuns+change, "another configuration than x.yaml")
	}
	if _, err := open(t, results, strings.Replace(twoRuns, "[read]", "\n  - read # the same", 1), true); err != nil {
		t.Errorf("the same configuration in other words: %v", err)
	}
	manifest := filepath.Join(r.dir, result.ManifestFile)
	write(t, manifest, `{"schema":0}`)
	refused(twoRuns, "schema version 0")
	if err := os.Remove(manifest); err != nil {
		t.Fatal(err)
	}
	refused(twoRuns, "no manifest.json there")
}

func TestReplaceLink(t *testing.T) {
	link := filepath.Join(t.TempDir(), "latest")
	for _, target := range []string{"first", "second", "second"} {
		write(t, link+".tmp", "left by a run that was killed in between")
		if err := replaceLink(link, target); err != nil {
			t.Fatal(err)
		}
		if got, err := os.Readlink(link); err != nil || got != target {
			t.Errorf("the link points at %q, %v, want %q", got, err, target)
		}
		if exists(link + ".tmp") {
			t.Error("a temporary file is left")
		}
	}
}

// notExperiments are the files of configs that something else reads.
var notExperiments = map[string]bool{"claims.yaml": true, "table1.yaml": true}

// Every run of a schedule has files of its own, in one folder, and a point leads back to its run.
func TestRunNames(t *testing.T) {
	files, err := filepath.Glob("../configs/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no experiments: %v", err)
	}
	files = slices.DeleteFunc(files, func(f string) bool { return notExperiments[filepath.Base(f)] })
	experiments := []*experiment.Experiment{load(t, "experiment: x\nt: [1, 2, 3]\nclients: [1, 11]\nrepetitions: 12\n"+
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
		r := &runner{experiment: e, hosts: idleHosts}
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
