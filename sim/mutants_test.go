package sim

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/catalog"
)

// A mutant is one mistake in the source. The suite must notice it: by simulated schedules under an attack, or by a
// script, where chance would take too long.
type mutant struct {
	name     string
	file     string    // from the module's root
	old, new string    // old is there exactly once
	also     [2]string // a second edit, old and new: a line of defence that would hide the first
	protocol string
	attack   string // ID, or none
	seeds    uint64 // within which it must be found
	script   string // in place of an attack: the test of the file's package that must fail
	source   []byte // the whole file with the mistake, of one that a rule made, in place of old and new
}

const (
	cand = "protocols/candidates/"
	mpow = "protocols/mpowerstore/"
	mABD = "protocols/mabd/"
	phx  = "protocols/phalanx/"

	// The rows of Table 3 that the paper does not measure, and PASIS.
	bft     = "protocols/bftbc/"
	gv      = "protocols/gv/"
	inLoft  = "protocols/loft/"
	inAVID  = "protocols/avid/"
	inPASIS = "protocols/pasis/"
)

// allMutants says that the mutants of all protocols are made. Each takes a build, too many for every test run.
var allMutants = flag.Bool("mutants", false, "make the mutants of Table 3's rows too")

// TestMutants makes each mistake in a copy of its file, builds the package's tests with it, and wants to see them fail.
func TestMutants(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the tests anew for each mutant")
	}
	mutants := paperMutants
	if *allMutants {
		mutants = slices.Concat(paperMutants, rowMutants)
	}
	for _, m := range mutants {
		t.Run(m.label(), func(t *testing.T) {
			t.Parallel()
			out, killed := m.play(t)
			if !killed {
				t.Fatalf("it lives: %s", out)
			}
			if seed := found.FindString(out); seed != "" {
				t.Log(seed)
			}
		})
	}
}

func (m mutant) label() string { return filepath.Base(filepath.Dir(m.file)) + ": " + m.name }

// play builds and runs the tests that should notice the mutant. It returns what they print and whether they failed.
func (m mutant) play(t *testing.T) (string, bool) {
	t.Helper()
	dir := t.TempDir()
	binary, pkg, args := filepath.Join(dir, "mutant.test"), ".", []string{
		"-test.run", "^TestUnderMutation$", "-mutant.protocol", m.protocol, "-mutant.attack", m.attack,
		"-mutant.seeds", fmt.Sprint(m.seeds),
	}
	if m.script != "" {
		pkg, args = "../"+filepath.Dir(m.file), []string{"-test.run", "^" + m.script + "$"}
	}
	build := exec.Command("go", "test", "-c", "-overlay", m.overlay(t, dir), "-o", binary, pkg)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	out, err := exec.Command(binary, args...).CombinedOutput()
	if err != nil && !strings.Contains(string(out), "--- FAIL") {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out), err != nil
}

// overlay writes the mistaken source and says, for the go command, what it stands in for.
func (m mutant) overlay(t *testing.T, dir string) string {
	t.Helper()
	file := filepath.Join("..", m.file)
	if m.source != nil {
		return overlayOf(t, dir, file, m.source)
	}
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := string(source)
	for _, edit := range [][2]string{{m.old, m.new}, m.also} {
		if edit[0] == "" {
			continue
		}
		if n := strings.Count(text, edit[0]); n != 1 {
			t.Fatalf("%s has %q %d times, want once: adapt the mutant", m.file, edit[0], n)
		}
		text = strings.Replace(text, edit[0], edit[1], 1)
	}
	return overlayOf(t, dir, file, []byte(text))
}

var (
	mutantProtocol = flag.String("mutant.protocol", "", "protocol of TestUnderMutation")
	mutantAttack   = flag.String("mutant.attack", "none", "attack of TestUnderMutation")
	mutantSeeds    = flag.Uint64("mutant.seeds", 0, "schedules of TestUnderMutation")
	found          = regexp.MustCompile(`found .* with seed \d+`)
)

// TestUnderMutation plays what TestMutants asks for, until a schedule shows what it should not.
func TestUnderMutation(t *testing.T) {
	if *mutantProtocol == "" {
		t.Skip("played by TestMutants")
	}
	p, err := catalog.ByName(*mutantProtocol)
	if err != nil {
		t.Fatal(err)
	}
	a := byzantine.Attack{ID: "none"}
	if *mutantAttack != a.ID {
		a = mustAttack(t, *mutantAttack)
	}
	enough := func(tally *Tally) bool { return len(tally.Harms) > 0 }
	tally, err := Explore(t.Context(), Scenario{Protocol: p, Attack: a}, 1, *mutantSeeds, runtime.GOMAXPROCS(0), enough)
	if err != nil {
		t.Fatal(err)
	}
	for harm, seed := range tally.First {
		t.Errorf("found %s with seed %d", harm, seed)
	}
}
