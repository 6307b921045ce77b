package study

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/powbench/powbench/harness/result"
)

// fake is a task that comes to the next of its lines.
type fake struct {
	name  string
	log   *[]string // of all tasks
	lines []result.Line
	err   error
}

func (f *fake) Name() string { return f.name }

func (f *fake) Do(_ context.Context, attempt int) (line result.Line, text string, err error) {
	*f.log = append(*f.log, fmt.Sprintf("%s #%d", f.name, attempt))
	if len(f.lines) > 0 {
		line, f.lines = f.lines[0], f.lines[1:]
	}
	return line, "done", f.err
}

// Lines of every kind.
var (
	good     = result.Cost{Scheme: "good", Validity: result.Validity{Valid: true}}
	spoilt   = result.Cost{Scheme: "spoilt", Validity: result.Validity{Invalid: []result.Reason{result.Hypervisor}}}
	violated = result.Point{Linearizable: result.Verdict{Code: result.Violation}, Validity: result.Validity{Valid: true}}
)

// ofTasks is a study of the tasks that is done up to three times where it is disturbed.
func ofTasks(tasks ...Task) Study {
	return Study{
		Manifest: result.Manifest{Experiment: "x", ConfigFile: "x.yaml"}, Config: map[string]any{"a": 1, "b": []int{2}},
		Tasks:    func(*Bench) []Task { return tasks },
		Attempts: 3, Expected: time.Minute,
		Violation: func(n int, _ string) string { return fmt.Sprint(n, " lines are wrong") },
	}
}

// run does the study and returns its folder, what it said and how it ended.
func run(t *testing.T, s Study, o Options) (dir, said string, err error) {
	t.Helper()
	out := new(bytes.Buffer)
	o.Progress = out
	if o.Results == "" {
		o.Results = t.TempDir()
	}
	dir, err = Run(t.Context(), s, o)
	return dir, out.String(), err
}

// What is disturbed is done again behind all others, as often as there are attempts; every attempt is kept.
func TestPostponedAttempts(t *testing.T) {
	var log []string
	a := &fake{name: "a", log: &log, lines: []result.Line{spoilt, spoilt, spoilt}}
	b := &fake{name: "b", log: &log, lines: []result.Line{spoilt, good}}
	s := ofTasks(a, b, &fake{name: "c", log: &log, lines: []result.Line{good}})
	s.Postpone = true
	dir, said, err := run(t, s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"a #1", "b #1", "c #1", "a #2", "b #2", "a #3"}; !slices.Equal(log, want) {
		t.Errorf("did %v, want %v", log, want)
	}
	set, err := result.Read(dir)
	if err != nil || len(set.Costs) != len(log) || set.Manifest.Finished == "" {
		t.Errorf("%d lines, %v", len(set.Costs), err)
	}
	if !strings.Contains(said, "x [3/3] a: done (0s left)\nx: other work disturbed 1 of them") {
		t.Errorf("said %q", said)
	}
}

// Or it is done again at once, after the machine had time to calm down.
func TestAttemptsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log []string
		started := time.Now()
		s := ofTasks(
			&fake{name: "a", log: &log, lines: []result.Line{spoilt, spoilt, good}}, &fake{name: "b", log: &log},
		)
		b := &Bench{Dir: t.TempDir(), study: s, progress: &progress{out: new(bytes.Buffer), every: 1}, earlier: Earlier{
			Attempts: map[string]int{"a": 1}, // by an earlier start
		}}
		if err := b.doAll(t.Context(), b.expect(s.Tasks(b))); err != nil {
			t.Fatal(err)
		}
		if want := []string{"a #2", "a #3", "b #1"}; !slices.Equal(log, want) {
			t.Errorf("did %v, want %v", log, want)
		}
		if waited := time.Since(started).Round(time.Millisecond); waited != CalmDown {
			t.Errorf("waited %v", waited)
		}
	})
}

// A task that fails ends the study, and so does a context; what was done is kept.
func TestRunEnds(t *testing.T) {
	var log []string
	s := ofTasks(&fake{name: "a", log: &log, lines: []result.Line{good}}, &fake{name: "b", log: &log, err: os.ErrClosed})
	dir, _, err := run(t, s, Options{})
	if !errors.Is(err, os.ErrClosed) || !strings.HasPrefix(err.Error(), "b: ") {
		t.Errorf("error %v", err)
	}
	if set, err := result.Read(dir); err != nil || len(set.Costs) != 1 || set.Manifest.Finished != "" {
		t.Errorf("kept %+v, %v", set, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, s, Options{Results: t.TempDir(), Progress: new(bytes.Buffer)}); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

// A study that completes with a violation says so.
func TestViolation(t *testing.T) {
	var log []string
	dir, _, err := run(t, ofTasks(&fake{name: "a", log: &log, lines: []result.Line{violated}}), Options{})
	if !errors.Is(err, ErrCheckFailed) || !strings.Contains(err.Error(), "1 lines are wrong") {
		t.Errorf("error %v", err)
	}
	if set, err := result.Read(dir); err != nil || set.Manifest.Finished == "" {
		t.Errorf("not finished: %v", err)
	}
}

// A new set has a folder, a manifest that says what was asked for and what did it, and the latest link.
func TestNewSet(t *testing.T) {
	results := t.TempDir()
	dir, _, err := run(t, ofTasks(), Options{Results: results})
	if err != nil || filepath.Dir(dir) != filepath.Join(results, "x") {
		t.Errorf("folder %s, %v", dir, err)
	}
	set, err := result.Read(filepath.Join(results, "x", result.LatestLink))
	if err != nil {
		t.Fatal(err)
	}
	m := set.Manifest
	if m.Experiment != "x" || m.ConfigFile != "x.yaml" || m.Machine.Cores != runtime.NumCPU() ||
		m.Version.Go != runtime.Version() || m.Version.PoWBench == "" {
		t.Errorf("manifest %+v", m)
	}
}

// A second run of the same second does not get the first one's folder.
func TestRunsOfOneSecond(t *testing.T) {
	results := t.TempDir()
	for range 50 {
		dir, _, err := run(t, ofTasks(), Options{Results: results})
		if err != nil {
			continue
		}
		if _, _, err := run(t, ofTasks(), Options{Results: results}); err != nil {
			if !strings.Contains(err.Error(), dir+" exists") {
				t.Errorf("error %v", err)
			}
			return
		}
	}
	t.Error("fifty times two runs of one second got two folders")
}

// A resumed study goes on in its folder: what is done is not done again, attempts go on, and violations still count.
func TestResume(t *testing.T) {
	results := t.TempDir()
	var log []string
	first := ofTasks(&fake{name: "a", log: &log, lines: []result.Line{good}})
	dir, _, err := run(t, first, Options{Results: results})
	if err != nil {
		t.Fatal(err)
	}
	log = nil
	second := ofTasks(&fake{name: "a", log: &log}, &fake{name: "b", log: &log, lines: []result.Line{good}})
	second.Config = json.RawMessage("{\"b\": [2],\n\"a\": 1}")
	second.Earlier = func(set *result.Set) Earlier {
		if len(set.Costs) != 1 {
			t.Errorf("%d lines of an earlier start", len(set.Costs))
		}
		return Earlier{Attempts: map[string]int{"b": 2}, Done: map[string]bool{"a": true}, Violated: 1}
	}
	again, said, err := run(t, second, Options{Results: results, Resume: true})
	if again != dir || !errors.Is(err, ErrCheckFailed) {
		t.Errorf("%s was resumed as %s: %v", dir, again, err)
	}
	if want := []string{"b #3"}; !slices.Equal(log, want) {
		t.Errorf("did %v, want %v", log, want)
	}
	if !strings.Contains(said, "1 tasks into "+dir+", about 30s") || !strings.Contains(said, "x [2/2] b: done") {
		t.Errorf("said %q", said)
	}
}

func TestResumeRefuses(t *testing.T) {
	results := t.TempDir()
	refused := func(s Study, want string) {
		t.Helper()
		_, _, err := run(t, s, Options{Results: results, Resume: true})
		if !errors.Is(err, ErrUsage) || !strings.Contains(err.Error(), want) {
			t.Errorf("resume: %v, want %q", err, want)
		}
	}
	refused(ofTasks(), "run without --resume")
	dir, _, err := run(t, ofTasks(), Options{Results: results})
	if err != nil {
		t.Fatal(err)
	}
	other := ofTasks()
	other.Config = json.RawMessage(`{"a":1,"b":[3]}`)
	refused(other, "another configuration than x.yaml")
	set, err := result.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	this := set.Manifest.Version
	for _, change := range []func(*result.Version){
		func(v *result.Version) { v.PoWBench = "0123456789abcdef" },
		func(v *result.Version) { v.Dirty = !v.Dirty },
		func(v *result.Version) { v.Modules = map[string]string{"example.com/module": "v1.2.3"} },
	} {
		began := this
		change(&began)
		set.Manifest.Version = began
		if err := result.WriteManifest(dir, set.Manifest); err != nil {
			t.Fatal(err)
		}
		refused(ofTasks(), "begun by another build, "+began.String()+"; this is "+this.String())
	}
	set.Manifest.Version = this
	if err := result.WriteManifest(dir, set.Manifest); err != nil {
		t.Fatal(err)
	}
	profiled := ofTasks()
	profiled.Manifest.Profiled = true
	refused(profiled, "leave out --profile as when "+dir)
	manifest := filepath.Join(dir, result.ManifestFile)
	if err := os.WriteFile(manifest, []byte(`{"schema":0}`), 0o644); err != nil {
		t.Fatal(err)
	}
	refused(ofTasks(), "schema version 0")
	if err := os.Remove(manifest); err != nil {
		t.Fatal(err)
	}
	refused(ofTasks(), "no manifest.json there")
}

func TestReplaceLink(t *testing.T) {
	link := filepath.Join(t.TempDir(), "latest")
	for _, target := range []string{"first", "second", "second"} {
		if err := os.WriteFile(link+".tmp", []byte("left by a run that was killed in between"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := replaceLink(link, target); err != nil {
			t.Fatal(err)
		}
		if got, err := os.Readlink(link); err != nil || got != target {
			t.Errorf("the link points at %q, %v, want %q", got, err, target)
		}
		if _, err := os.Lstat(link + ".tmp"); err == nil {
			t.Error("a temporary file is left")
		}
	}
}

// The time left is what was expected of the tasks left, at the pace of those done since the start. Those of an earlier start
// say nothing of the pace.
func TestTimeLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := new(bytes.Buffer)
		p := &progress{out: out, name: "fig2b", every: 2, total: 6, finished: 1, ahead: 9, expected: time.Minute, started: time.Now()}
		if got := p.left(); got != time.Minute {
			t.Errorf("before the first task %v are left, want what was expected", got)
		}
		for i, c := range []struct {
			took, left time.Duration
			weight     float64
		}{{4, 32, 1}, {8, 24, 2}, {3, 12, 2}, {6, 6, 2}, {6, 0, 2}} {
			time.Sleep(c.took * time.Second)
			p.end(fmt.Sprint("task", i), "", c.weight, false)
			if got := p.left(); got != c.left*time.Second {
				t.Errorf("after task %d %v are left, want %d s", i, got, c.left)
			}
		}
		p.note("the end")
		want := "fig2b [2/6] task0 (32s left)\nfig2b [4/6] task2 (12s left)\nfig2b [6/6] task4 (0s left)\nfig2b: the end\n"
		if out.String() != want {
			t.Errorf("said %q, want %q", out, want)
		}
	})
}

// timed is a task that expects something else, and has another name, once the first has been done, as with a search's result.
type timed struct {
	fake
	searched *bool
}

func (f *timed) Name() string {
	if *f.searched {
		return f.name + " as found"
	}
	return f.name
}

func (f *timed) Expected() time.Duration {
	if *f.searched {
		return 10 * time.Second
	}
	return time.Second
}

func (f *timed) Do(ctx context.Context, attempt int) (result.Line, string, error) {
	*f.searched = true
	time.Sleep(2 * time.Second)
	return f.fake.Do(ctx, attempt)
}

// What is left is told by what was expected at the start, also of tasks that expect more since: else they would take away more than
// was there, and nothing would be left in the middle of a run.
func TestTimeLeftOfTasksThatChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log []string
		var searched bool
		var tasks []Task
		for i := range 4 {
			tasks = append(tasks, &timed{fake{name: fmt.Sprint("task", i), log: &log, lines: []result.Line{good}}, &searched})
		}
		out := new(bytes.Buffer)
		b := &Bench{Dir: t.TempDir(), study: ofTasks(tasks...), progress: newProgress(out, "x", 1), earlier: Earlier{Attempts: map[string]int{}}}
		if err := b.doAll(t.Context(), b.expect(tasks)); err != nil {
			t.Fatal(err)
		}
		for i, left := range []string{"6s", "4s", "2s", "0s"} {
			found := " as found"
			if i == 0 {
				found = ""
			}
			if want := fmt.Sprintf("task%d%s: done (%s left)", i, found, left); !strings.Contains(out.String(), want) {
				t.Errorf("no %q in\n%s", want, out)
			}
		}
	})
}

// One run at a time writes into a set.
func TestLock(t *testing.T) {
	dir := t.TempDir()
	first, err := lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock(dir); !errors.Is(err, ErrUsage) || !strings.Contains(err.Error(), "another run") {
		t.Errorf("a second one: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := lock(dir)
	if err != nil {
		t.Errorf("after the first: %v", err)
	}
	again.Close()
}
