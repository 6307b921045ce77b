package command

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/command"
)

// inBlocks are blocks of a machine that drifts by a fifth from set to set, and builds of which B is faster by that factor.
func inBlocks(random *rand.Rand, blocks int, factor float64) (all []block) {
	drift := 1.
	for range blocks {
		var b block
		for place, which := range abba {
			drift *= 1 + 0.01*random.NormFloat64()
			s := &result.Set{Dir: "x", Manifest: result.Manifest{Schema: result.SchemaVersion}}
			for _, op := range []string{"read", "write"} {
				x := 50 * drift * (1 + 0.01*random.NormFloat64())
				if which == 1 {
					x *= factor
				}
				s.Points = append(s.Points, result.Point{
					Schema: result.SchemaVersion, Series: result.Series{Protocol: "mabd", Variant: "paper", Suite: "paper", Durability: "write", Op: op, T: 1, ValueBytes: 1024},
					Load: result.Load{Clients: 4}, Repetition: 1, ThroughputMBps: x, ThroughputOps: x, LatencyMs: result.Latency{Mean: 200 / x},
					Validity: result.Validity{Valid: true},
				})
			}
			b[place] = s
		}
		all = append(all, b)
	}
	return all
}

// A difference is found, its absence is not taken for one: false alarms over many sessions are as rare as they are said to be.
func TestBlocksTell(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	verdicts := func(factor float64) (text string) {
		told, known, err := tell(inBlocks(random, 6, factor))
		if err != nil || !known || len(told) != 2 {
			t.Fatal(told, known, err)
		}
		for _, table := range told { // throughput, latency
			for _, row := range table.Rows {
				text += row[len(row)-1] + "; "
			}
		}
		return text
	}
	if got := verdicts(1.1); strings.Count(got, "faster") != 4 {
		t.Errorf("10 %% faster: %s", got)
	}
	if got := verdicts(0.9); strings.Count(got, "slower") != 4 {
		t.Errorf("10 %% slower: %s", got)
	}
	const sessions = 400
	alarms := 0
	for range sessions {
		if got := verdicts(1); strings.Contains(got, "faster") || strings.Contains(got, "slower") {
			alarms++
		}
	}
	if most := sessions*0.05 + 3*math.Sqrt(sessions*0.05*0.95); float64(alarms) > most {
		t.Errorf("%d false alarms in %d sessions, at most %.0f are to be expected", alarms, sessions, most)
	}
}

// A block counts if the measurement is valid in all of its sets; what no two blocks have is not known, and says so.
func TestBlocksThatDoNotCount(t *testing.T) {
	all := inBlocks(rand.New(rand.NewPCG(7, 8)), 3, 1)
	reads := func(i, place int) *result.Point { return &all[i][place].Points[0] }
	reads(0, 2).Validity = result.Validity{}
	told, known, err := tell(all)
	if err != nil || !known {
		t.Fatal(known, err)
	}
	if read, write := told[0].Rows[0], told[0].Rows[1]; read[1] != "2 of 3" || write[1] != "3 of 3" {
		t.Errorf("%v, %v", read, write)
	}
	if note := told[0].Notes[0]; !strings.Contains(note, "1 of 24 repetitions were invalid") {
		t.Error(note)
	}
	for i := range all {
		for _, set := range all[i] {
			for p := range set.Points {
				set.Points[p].Validity = result.Validity{}
			}
		}
	}
	told, known, err = tell(all)
	if row := told[0].Rows[0]; err != nil || known || len(told[1].Rows) != 2 || row[1] != "0 of 3" || row[5] != "too few blocks" {
		t.Errorf("%v, known %v, %v", told, known, err)
	}
}

// Latencies under different numbers of clients do not compare, throughputs do.
func TestBlocksOfSearches(t *testing.T) {
	all := inBlocks(rand.New(rand.NewPCG(7, 9)), 3, 1)
	for i := range all {
		for place, set := range all[i] {
			set.Manifest.Searches = nil
			for p := range set.Points {
				series := set.Points[p].Series
				set.Points[p].Clients = 4 + place%2
				set.Manifest.Searches = append(set.Manifest.Searches, result.Search{Series: series, Chosen: 4 + place%2})
			}
		}
	}
	told, _, err := tell(all)
	if err != nil || told[0].Rows[0][1] != "3 of 3" || told[1].Rows[0][1] != "0 of 3" {
		t.Errorf("%v, %v", told, err)
	}
}

// fakeRepository is a git repository of a powbench that measures nothing, and a configuration: HEAD~2 does not build, and HEAD is
// faster than HEAD~1.
func fakeRepository(t *testing.T) (dir string) {
	t.Helper()
	for _, name := range []string{"git", "go"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("skipped: %s: no %s: install it", t.Name(), name)
		}
	}
	t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	t.Setenv("GOFLAGS", "")
	t.Setenv("TMPDIR", t.TempDir())
	dir = t.TempDir()
	write := func(name string, content []byte) {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, content, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	asJSON := func(x any) []byte {
		t.Helper()
		content, err := json.Marshal(x)
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	source, err := os.ReadFile("testdata/revision/main.go")
	if err != nil {
		t.Fatal(err)
	}
	set := inBlocks(rand.New(rand.NewPCG(1, 1)), 1, 1)[0][0]
	write("go.mod", []byte("module powbench\n\ngo 1.26\n"))
	write("cmd/powbench/manifest.json", asJSON(set.Manifest))
	write("cmd/powbench/point.json", asJSON(set.Points[0]))
	write("cmd/powbench/main.go", []byte("package main\n\nfunc main() { broken }\n"))
	git := func(args ...string) {
		t.Helper()
		if _, err := output(t.Context(), dir, "git", append([]string{"-c", "user.name=x", "-c", "user.email=x@example.org"}, args...)...); err != nil {
			t.Fatal(err)
		}
	}
	git("init", "--quiet")
	git("add", ".")
	git("commit", "--quiet", "--message", "broken")
	write("cmd/powbench/main.go", source)
	git("commit", "--quiet", "--all", "--message", "slow")
	write("cmd/powbench/main.go", bytes.Replace(source, []byte("faster = 1.0"), []byte("faster = 1.5"), 1))
	git("commit", "--quiet", "--all", "--message", "fast")
	write("x.yaml", []byte("experiment: x\nprotocols: [mabd]\n"))
	return dir
}

// assertNoRevision tells what a command left of the revisions that it built.
func assertNoRevision(t *testing.T, repository string) {
	t.Helper()
	trees, err := output(t.Context(), repository, "git", "worktree", "list")
	if err != nil || strings.Count(trees, "\n") != 1 {
		t.Errorf("worktrees: %s%v", trees, err)
	}
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "powbench-revision-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	exes, _ := filepath.Glob("/proc/[0-9]*/exe")
	for _, exe := range exes {
		if target, err := os.Readlink(exe); err == nil && strings.HasPrefix(target, os.TempDir()) {
			t.Errorf("%s runs %s", exe, target)
		}
	}
}

// Two revisions are built and measured by relative paths, the sets of each call are apart, and nothing else is left.
func TestRevisions(t *testing.T) {
	repository := fakeRepository(t)
	compare := func() (code int, stdout, stderr string) {
		return playIn(t, repository, "compare", "--revisions", "HEAD~1", "HEAD", "x.yaml", "--blocks", "3", "--keep", "kept/here")
	}
	code, stdout, stderr := compare()
	if code != command.Done {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	if strings.Count(stdout, " faster\n") != 2 || !strings.Contains(stdout, "3 of 3") || !strings.Contains(stdout, "Mean latency (ms)\n") {
		t.Errorf("output %s", stdout)
	}
	if !strings.Contains(stderr, "block 3 of 3, 4 of 4: A, HEAD~1") {
		t.Errorf("progress %s", stderr)
	}
	assertNoRevision(t, repository)
	code, _, stderr = playIn(t, repository, "compare", "--revisions", "HEAD", "HEAD~2", "x.yaml", "--keep", "kept/here")
	if code != command.Failed || !strings.Contains(stderr, "revision HEAD~2: go build") {
		t.Errorf("exit code %d, error %s", code, stderr)
	}
	assertNoRevision(t, repository)
	t.Setenv("POWBENCH_TEST_INVALID", "1")
	code, stdout, stderr = compare()
	if code != command.Failed || !strings.Contains(stdout, "0 of 3") || !strings.Contains(stderr, "no measurement was valid in two blocks") {
		t.Errorf("exit code %d, output %s, error %s", code, stdout, stderr)
	}
	calls, err := filepath.Glob(filepath.Join(repository, "kept/here/*"))
	if err != nil || len(calls) != 2 {
		t.Fatalf("folders %v, %v, want one for each call", calls, err)
	}
	for _, call := range calls {
		if sets, _ := filepath.Glob(filepath.Join(call, "block*", "x", result.LatestLink, result.PointsFile)); len(sets) != 12 {
			t.Errorf("%s: sets %v, want 12", call, sets)
		}
	}
}

// A Ctrl-C reaches the run once, and leaves neither worktree nor process.
func TestRevisionsInterrupted(t *testing.T) {
	repository := fakeRepository(t)
	t.Setenv("POWBENCH_TEST_WAITS", "1")
	cmd := powbench(t, "compare", "--revisions", "HEAD~1", "HEAD", "x.yaml")
	cmd.Dir = repository
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, stderr, "waiting")
	if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGINT); err != nil { // as a terminal does, to the whole group
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(stderr)
	_ = cmd.Wait() // the exit code says it
	if code := cmd.ProcessState.ExitCode(); code != command.Interrupted || !strings.Contains(string(rest), "interrupted") || strings.Contains(string(rest), "--resume") {
		t.Errorf("exit code %d, error %q", code, rest)
	}
	if _, err := os.Stat(filepath.Join(repository, "x.yaml.twice")); err == nil {
		t.Error("the run was interrupted twice")
	}
	assertNoRevision(t, repository)
}

func TestRevisionsRefuse(t *testing.T) {
	for want, args := range map[string][]string{
		"--revisions takes A, B and CONFIG, received 2": {"compare", "--revisions", "a", "b"},
		"--blocks is 1: an interval takes at least 2":   {"compare", "--revisions", "--blocks", "1", "a", "b", smokeConfig},
		"no-such.yaml":              {"compare", "--revisions", "a", "b", "no-such.yaml"},
		"revision no-such-revision": {"compare", "--revisions", "no-such-revision", "b", smokeConfig},
	} {
		if code, _, stderr := run(t, args...); code != command.Misused || !strings.Contains(stderr, want) {
			t.Errorf("%v: exit code %d, error %q, want %q", args, code, stderr, want)
		}
	}
}
