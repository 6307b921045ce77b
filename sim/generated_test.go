package sim

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/catalog"
	"github.com/powbench/powbench/sim/mutation"
)

var (
	generate       = flag.String("generated", "", "protocols, such as mabd,cas, of which TestGenerated makes all mutants")
	generatedOnly  = flag.String("generated.only", "", "regular expression: only mutants that a line of the table matches")
	generatedOut   = flag.String("generated.out", "", "file for the table, as JSON")
	generatedSeeds = flag.Uint64("generated.seeds", 200, "schedules of each attack")
)

// nameOf is a mutant's name, as -generated.only has it.
func nameOf(m result.Mutant) string { return fmt.Sprintf("%s:%d: %s", m.File, m.Line, m.Mistake) }

// sourcesOf are the folders with a protocol's automata and its unit tests, from the module's root.
func sourcesOf(protocol string) []string {
	folders := []string{"protocols/" + protocol}
	switch protocol {
	case "mpowerstore":
		folders = append(folders, "protocols/candidates")
	case "gv":
		folders = append(folders, "protocols/gv/history")
	case "avid":
		folders = append(folders, "protocols/avid/kept")
	}
	return folders
}

// passive are the files of a package that decide nothing, messages and names of conditions, or that belong to variants;
// besides them the tests.
var passive = regexp.MustCompile(`(_test|/messages|/conditions|/metadata)\.go$`)

// TestGenerated makes every mistake that the rules of package mutation make in a protocol's automata, and tells which the
// unit tests notice, which the simulation does, and which nothing does. Golden traces do not count as tests here: a regenerated
// one would bless the mistake. It takes hours, so it is played only if asked for.
func TestGenerated(t *testing.T) {
	if *generate == "" {
		t.Skip("name protocols by -generated")
	}
	var fates []result.Mutant
	for _, protocol := range strings.Split(*generate, ",") {
		if _, err := catalog.ByName(protocol); err != nil {
			t.Fatal(err)
		}
		files := filesOf(t, protocol)
		if what, by := kill(t, protocol, files[0], read(t, files[0])); what != result.ByNothing {
			t.Fatalf("%s fails without any mistake: %s %s", protocol, what, by)
		}
		for _, file := range files {
			fates = mutateAll(t, fates, protocol, file)
		}
	}
	survivors := slices.DeleteFunc(slices.Clone(fates), func(m result.Mutant) bool { return !m.Survives() })
	t.Logf("%d mutants, %d survive", len(fates), len(survivors))
	for _, m := range survivors {
		t.Errorf("survives: %s in %s (%s)", nameOf(m), m.Function, m.Killed)
	}
}

// filesOf are the files with a protocol's automata.
func filesOf(t *testing.T, protocol string) (files []string) {
	for _, folder := range sourcesOf(protocol) {
		all, err := filepath.Glob(filepath.Join("..", folder, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, slices.DeleteFunc(all, passive.MatchString)...)
	}
	if len(files) == 0 {
		t.Fatalf("%s has no source in %v", protocol, sourcesOf(protocol))
	}
	return files
}

func read(t *testing.T, file string) []byte {
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return source
}

// writeFates writes the table so far, if it is wanted: what took hours is not lost.
func writeFates(t *testing.T, fates []result.Mutant) {
	if *generatedOut == "" {
		return
	}
	tried := slices.DeleteFunc(slices.Clone(fates), func(m result.Mutant) bool { return m.Killed == "" })
	if err := (result.Mutants{Schedules: *generatedSeeds, Mutants: tried}).Write(*generatedOut); err != nil {
		t.Error(err)
	}
}

// mutateAll adds the fates of a file's mutants, of which as many are tried at a time as there are processors.
func mutateAll(t *testing.T, fates []result.Mutant, protocol, file string) []result.Mutant {
	only, from := regexp.MustCompile(*generatedOnly), len(fates)
	var sources [][]byte
	for _, m := range mutantsOf(t, file) {
		f := result.Mutant{
			Protocol: protocol, File: strings.TrimPrefix(file, "../"), Function: m.Function, Line: m.Line, Mistake: m.Mistake(),
		}
		if only.MatchString(nameOf(f)) {
			fates, sources = append(fates, f), append(sources, m.Source)
		}
	}
	var mu sync.Mutex // of the fates
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, source := range sources {
		group.Go(func() error {
			killed, by := kill(t, protocol, file, source)
			mu.Lock()
			defer mu.Unlock()
			m := &fates[from+i]
			m.Killed, m.By = killed, by
			switch reason := equivalent[placeOf(*m)]; {
			case m.Survives():
				m.Reason = reason
			case reason != "":
				t.Errorf("%s is said to make no difference, and %s %s notice it", nameOf(*m), killed, by)
			}
			writeFates(t, fates)
			t.Logf("%s: %s %s", nameOf(*m), m.Killed, m.By)
			return nil
		})
	}
	_ = group.Wait() // mutants do not fail
	return fates
}

func mutantsOf(t *testing.T, file string) []mutation.Mutant {
	all, err := mutation.Of(file, read(t, file))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// kill tries what may notice the mutant, the quickest first.
func kill(t *testing.T, protocol, file string, source []byte) (what result.Killer, by string) {
	dir := t.TempDir()
	overlay := overlayOf(t, dir, file, source)
	if _, err := exec.Command("go", "build", "-overlay", overlay, filepath.Dir(file)).CombinedOutput(); err != nil {
		return result.ByCompiler, ""
	}
	tests := func(folders []string, more ...string) (string, bool) {
		args := append([]string{"test", "-vet=off", "-count=1", "-failfast", "-timeout", "10m", "-overlay", overlay}, more...)
		for _, folder := range folders {
			args = append(args, "../"+folder)
		}
		out, err := exec.Command("go", args...).CombinedOutput()
		return strings.TrimPrefix(failing.FindString(string(out)), "--- FAIL: "), err != nil
	}
	if test, failed := tests(sourcesOf(protocol), "-skip", "Trace"); failed {
		return result.ByUnitTests, test
	}
	if test, failed := tests([]string{"protocols/catalog"}, "-run", "^TestConform$/^"+protocol+"$"); failed {
		return result.ByUnitTests, test
	}
	binary := filepath.Join(dir, "sim.test")
	if out, err := exec.Command("go", "test", "-c", "-vet=off", "-overlay", overlay, "-o", binary, ".").CombinedOutput(); err != nil {
		t.Errorf("%s: %v: %s", file, err, out)
	}
	out, err := exec.Command(binary, "-test.run", "^TestUnderAnyAttack$", "-test.timeout", "30m", "-mutant.protocol", protocol,
		"-mutant.seeds", fmt.Sprint(*generatedSeeds)).CombinedOutput()
	if err != nil {
		return result.BySimulation, unexpected.FindString(string(out))
	}
	if test, failed := tests([]string{"sim/explore"}, "-run", "^TestSmallScopes$/^"+protocol+"$"); failed {
		return result.ByExploration, test
	}
	if test, failed := tests(sourcesOf(protocol), "-run", "Trace"); failed {
		return result.ByTraces, test
	}
	return result.ByNothing, ""
}

var (
	failing    = regexp.MustCompile(`--- FAIL: \S+`)
	unexpected = regexp.MustCompile(`under \S+: .*`)
)

// overlayOf writes a file's other source and says, for the go command, what it stands in for.
func overlayOf(t *testing.T, dir, file string, source []byte) string {
	t.Helper()
	path, err := filepath.Abs(file)
	if err != nil {
		t.Fatal(err)
	}
	mistaken, overlay := filepath.Join(dir, "mistaken.go"), filepath.Join(dir, "overlay.json")
	plan, err := json.Marshal(map[string]map[string]string{"Replace": {path: mistaken}})
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{mistaken: source, overlay: plan} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return overlay
}

// TestUnderAnyAttack plays a protocol under every attack, for TestGenerated, until something is not as expected.
func TestUnderAnyAttack(t *testing.T) {
	if *mutantProtocol == "" || *mutantSeeds == 0 {
		t.Skip("played by TestGenerated")
	}
	p, err := catalog.ByName(*mutantProtocol)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range append([]byzantine.Attack{{ID: "none"}}, catalog.Against(p)...) {
		expected := a.Expected(p)
		enough := func(tally *Tally) bool {
			for h := range tally.Harms {
				if !expected.Allows(h) {
					return true
				}
			}
			return false
		}
		tally, err := Explore(t.Context(), Scenario{Protocol: p, T: 1, Attack: a}, 1, *mutantSeeds, runtime.GOMAXPROCS(0), enough)
		if err != nil {
			t.Fatal(err)
		}
		if !expected.Holds(tally.Harms) {
			t.Fatalf("under %s: %v with seeds %v, expected %s", a.ID, tally.Harms, tally.First, expected)
		}
	}
}
