package sim

import (
	"encoding/json"
	"flag"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/catalog"
	"github.com/powbench/powbench/sim/mutation"
)

var (
	league     = flag.Bool("league", false, "let strategies hunt for the mutants")
	leagueMade = flag.String("league.generated", "", "tables of TestGenerated, such as mutants-gv.json, whose mutants join")
	leagueDraw = flag.Int("league.draw", 10, "so many mutants of each such table, evenly drawn; 0: all of them")
	leagueLook = flag.Uint64("league.look", 200, "schedules of each attack in which such a mutant must show to be hunted for")
	leagueOnly = flag.String("league.only", "", "regular expression: only mutants whose names it matches")
	leagueOut  = flag.String("league.out", "", "file for what came of it, as JSON")
	leagueRuns = flag.Int("league.runs", 30, "hunts of each strategy for each mutant")
	leagueMost = flag.Uint64("league.most", 1000, "schedules after which a hunt is given up; executions of a scope, for what goes depth first")
)

// A hunter is a strategy, and an attack in place of the one under which a mutant shows; none if it is empty.
type hunter struct{ name, strategy, attack string }

// mixedHunter decides whether a mutant is hunted for, as it favours no strategy.
var mixedHunter = hunter{"mixed", "mixed", ""}

var hunters = []hunter{
	{"uniform", "uniform", ""},
	{"delays", "delays", ""},
	{"priorities", "priorities", ""},
	mixedHunter,
	{"any lie", "uniform", "B0"},
	{"twins", "uniform", "B13"},
}

// kindOf is what a mutant takes to show, by the attack that shows it; empty if none does. In all combinations but C4 servers lie.
func kindOf(attack string) string {
	if attack == "" {
		return ""
	}
	switch attack[0] {
	case 'B', 'C':
		if attack != "C4" {
			return "liars"
		}
	case 'R', 'Z':
		return "clients"
	}
	return "order"
}

// anyAttack stands for the attack of a mutant that was not made for one.
const anyAttack = "any"

// byRule are some mutants of such tables that compile and make a difference. What noticed them first does not matter: unit tests are
// asked before schedules, and notice nearly all.
func byRule(t *testing.T, files []string, most int) (found []mutant) {
	for _, file := range files {
		table, err := result.ReadMutants(file)
		if err != nil {
			t.Fatal(err)
		}
		behave := slices.DeleteFunc(table.Mutants, func(m result.Mutant) bool { return m.Killed == result.ByCompiler || m.Survives() })
		for _, of := range evenly(behave, most) {
			all := mutantsOf(t, "../"+of.File)
			i := slices.IndexFunc(all, func(m mutation.Mutant) bool { return m.Line == of.Line && m.Mistake() == of.Mistake })
			if i < 0 {
				t.Fatalf("%s: no rule makes %s: run make survivors PROTOCOL=%s again", file, nameOf(of), of.Protocol)
			}
			found = append(found, mutant{
				name: fmt.Sprintf("%s:%d: %s", filepath.Base(of.File), of.Line, of.Mistake), file: of.File, protocol: of.Protocol,
				attack: anyAttack, source: all[i].Source,
			})
		}
	}
	return found
}

// evenly draws so many of a list at equal distances; all of them if there are no more, or for 0.
func evenly[T any](all []T, n int) []T {
	if n == 0 || n >= len(all) {
		return all
	}
	drawn := make([]T, n)
	for i := range drawn {
		drawn[i] = all[(2*i+1)*len(all)/(2*n)]
	}
	return drawn
}

// TestLeague has every hunter hunt for every mutant that a simulated attack shows: those that were thought of, and some that rules
// made. It takes hours, so it is played only if asked for. Hunts depend on seeds alone, not on the machine.
func TestLeague(t *testing.T) {
	if !*league {
		t.Skip("asked for by -league")
	}
	only := regexp.MustCompile(*leagueOnly)
	var all []result.Hunts
	for _, m := range slices.Concat(paperMutants, rowMutants, byRule(t, strings.Fields(*leagueMade), *leagueDraw)) {
		if m.script != "" || !only.MatchString(m.label()) {
			continue
		}
		all = append(all, m.hunted(t)...)
		if *leagueOut == "" {
			continue
		}
		if err := result.WriteHunts(*leagueOut, all); err != nil { // after each mutant: what took long is not lost
			t.Fatal(err)
		}
	}
}

// hunted is what came of all hunts for the mutant.
func (m mutant) hunted(t *testing.T) []result.Hunts {
	dir := t.TempDir()
	overlay := m.overlay(t, dir)
	rows := m.hunt(t, overlay, filepath.Join(dir, "sim.test"), ".", "TestHunts",
		"-league.runs", fmt.Sprint(*leagueRuns), "-league.most", fmt.Sprint(*leagueMost), "-mutant.seeds", fmt.Sprint(*leagueLook))
	if len(rows) == 0 {
		return nil
	}
	if m.attack == anyAttack {
		m.attack = rows[0].Attack
	}
	if m.attack != "" {
		rows = append(rows, m.hunt(t, overlay, filepath.Join(dir, "explore.test"), "./explore", "TestHunt",
			"-hunt.most", fmt.Sprint(*leagueMost))...)
	}
	for i := range rows {
		rows[i].Mutant, rows[i].Protocol, rows[i].Attack, rows[i].Kind = m.label(), m.protocol, m.attack, kindOf(m.attack)
		rows[i].ByRule = m.source != nil
		t.Logf("%s: %s %v", rows[i].Mutant, rows[i].Hunter, rows[i].Schedules)
	}
	return rows
}

// hunt builds the package's tests with the mutant in them, plays one of them and takes the rows that it prints.
func (m mutant) hunt(t *testing.T, overlay, binary, pkg, test string, flags ...string) (rows []result.Hunts) {
	build := exec.Command("go", "test", "-c", "-vet=off", "-overlay", overlay, "-o", binary, pkg)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", m.label(), err, out)
	}
	args := append([]string{"-test.run", "^" + test + "$", "-test.timeout", "20m", "-mutant.protocol", m.protocol, "-mutant.attack", m.attack}, flags...)
	out, err := exec.Command(binary, args...).Output()
	if err != nil && m.source != nil {
		t.Logf("%s: left out, as it ends the process or goes on for ever: %v", m.label(), err)
		return nil
	}
	if err != nil {
		t.Fatalf("%s: %v: %s", m.label(), err, out)
	}
	for line := range strings.Lines(string(out)) {
		if text, ok := strings.CutPrefix(line, huntPrefix); ok {
			var row result.Hunts
			if err := json.Unmarshal([]byte(text), &row); err != nil {
				t.Fatalf("%s: %v: %s", m.label(), err, line)
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// huntPrefix begins a line with a row.
const huntPrefix = "hunts: "

// TestHunts plays what TestLeague asks for, in a binary with the mutant in it.
func TestHunts(t *testing.T) {
	if *mutantProtocol == "" {
		t.Skip("played by TestLeague")
	}
	p, err := catalog.ByName(*mutantProtocol)
	if err != nil {
		t.Fatal(err)
	}
	attack := *mutantAttack
	if attack == anyAttack {
		attack = showing(t, p)
	}
	if attack == "" {
		printHunts(t, result.Hunts{Hunter: mixedHunter.name, Most: *mutantSeeds, Schedules: []uint64{0}})
		return
	}
	for _, h := range hunters {
		s, fits := h.scenario(t, p, attack)
		if !fits {
			continue
		}
		row := result.Hunts{Hunter: h.name, Attack: attack, Most: *leagueMost}
		for run := range *leagueRuns {
			row.Schedules = append(row.Schedules, huntOnce(t, s, uint64(run)*1_000_000+1, *leagueMost))
		}
		printHunts(t, row)
	}
}

func printHunts(t *testing.T, row result.Hunts) {
	text, err := json.Marshal(row)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(huntPrefix + string(text))
}

// showing is the first attack under which schedules of all strategies in turn show the mutant, of those that would show no harm
// without it; empty if there is none.
func showing(t *testing.T, p protocols.Protocol) string {
	for _, a := range append([]byzantine.Attack{{ID: "none"}}, catalog.Against(p)...) {
		if s, fits := mixedHunter.scenario(t, p, a.ID); fits && huntOnce(t, s, 1, *mutantSeeds) > 0 {
			return a.ID
		}
	}
	return ""
}

// scenario is where the hunter looks. It does not fit if what it looks for would be found without a mistake.
func (h hunter) scenario(t *testing.T, p protocols.Protocol, attack string) (s Scenario, fits bool) {
	strategy, err := StrategyByName(h.strategy)
	if err != nil {
		t.Fatal(err)
	}
	s = Scenario{Protocol: p, Strategy: strategy, Attack: byzantine.Attack{ID: "none"}}
	id := h.attack
	if id == "" {
		id = attack
	}
	if id != "none" {
		s.Attack = mustAttack(t, id)
	}
	e := s.Attack.Expected(p)
	return s, !e.None && !e.Beyond && e.Harm == byzantine.NoHarm
}

// huntOnce is how many schedules from the seed on it takes until one shows harm, that one included; 0 if none of those does
// that may be played.
func huntOnce(t *testing.T, s Scenario, seed, most uint64) uint64 {
	enough := func(tally *Tally) bool { return len(tally.Harms) > 0 }
	tally, err := Explore(t.Context(), s, seed, seed+most-1, runtime.GOMAXPROCS(0), enough)
	if err != nil {
		t.Fatal(err)
	}
	first := uint64(0)
	for _, found := range tally.First {
		if n := found - seed + 1; first == 0 || n < first {
			first = n
		}
	}
	return first
}
