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
	leagueMade = flag.String("league.generated", "", "tables of TestGenerated, such as mutants-gv.json: those of their mutants join that only schedules show")
	leagueOnly = flag.String("league.only", "", "regular expression: only mutants whose names it matches")
	leagueOut  = flag.String("league.out", "", "file for what came of it, as JSON")
	leagueRuns = flag.Int("league.runs", 30, "hunts of each strategy for each mutant")
	leagueMost = flag.Uint64("league.most", 3000, "schedules after which a hunt is given up; executions of a scope, for what goes depth first")
)

// A hunter is a strategy, and an attack in place of the one under which a mutant was made to show; none if it is empty.
type hunter struct{ name, strategy, attack string }

var hunters = []hunter{
	{"uniform", "uniform", ""},
	{"delays", "delays", ""},
	{"priorities", "priorities", ""},
	{"mixed", "mixed", ""},
	{"any lie", "uniform", "B0"},
	{"twins", "uniform", "B13"},
}

// kindOf is what a mutant takes to show, by the attack that shows it. In all combinations but C4 servers lie.
func kindOf(attack string) string {
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

// shown is the attack under which a simulation showed a mutant.
var shown = regexp.MustCompile(`^under (\S+): `)

// onlyInSchedules are the mutants of such tables that simulation was the first to notice: no unit test does.
func onlyInSchedules(t *testing.T, files []string) (found []mutant) {
	for _, file := range files {
		table, err := result.ReadMutants(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, of := range table.Mutants {
			if of.Killed != result.BySimulation {
				continue
			}
			all := mutantsOf(t, "../"+of.File)
			i := slices.IndexFunc(all, func(m mutation.Mutant) bool { return m.Line == of.Line && m.Mistake() == of.Mistake })
			attack := shown.FindStringSubmatch(of.By)
			if i < 0 || attack == nil {
				t.Fatalf("%s: no rule makes %s, or no attack is named: run make survivors PROTOCOL=%s again", file, nameOf(of), of.Protocol)
			}
			found = append(found, mutant{
				name: of.Function + ": " + of.Mistake, file: of.File, protocol: of.Protocol, attack: attack[1], source: all[i].Source,
			})
		}
	}
	return found
}

// TestLeague has every hunter hunt for every mutant that a simulated attack shows: those that were thought of, and those that rules
// made. It takes an hour, so it is played only if asked for. Hunts depend on seeds alone, not on the machine.
func TestLeague(t *testing.T) {
	if !*league {
		t.Skip("asked for by -league")
	}
	only := regexp.MustCompile(*leagueOnly)
	var all []result.Hunts
	for _, m := range slices.Concat(paperMutants, rowMutants, onlyInSchedules(t, strings.Fields(*leagueMade))) {
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
		"-league.runs", fmt.Sprint(*leagueRuns), "-league.most", fmt.Sprint(*leagueMost))
	rows = append(rows, m.hunt(t, overlay, filepath.Join(dir, "explore.test"), "./explore", "TestHunt",
		"-hunt.most", fmt.Sprint(*leagueMost))...)
	for i := range rows {
		rows[i].Mutant, rows[i].Protocol, rows[i].Attack, rows[i].Kind = m.label(), m.protocol, m.attack, kindOf(m.attack)
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
	args := append([]string{"-test.run", "^" + test + "$", "-test.timeout", "1h", "-mutant.protocol", m.protocol, "-mutant.attack", m.attack}, flags...)
	out, err := exec.Command(binary, args...).Output()
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
	for _, h := range hunters {
		s, fits := h.scenario(t, p)
		if !fits {
			continue
		}
		row := result.Hunts{Hunter: h.name, Most: *leagueMost}
		for run := range *leagueRuns {
			row.Schedules = append(row.Schedules, huntOnce(t, s, uint64(run)*1_000_000+1))
		}
		text, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println(huntPrefix + string(text))
	}
}

// scenario is where the hunter looks. It does not fit if what it looks for would be found without a mistake.
func (h hunter) scenario(t *testing.T, p protocols.Protocol) (s Scenario, fits bool) {
	strategy, err := StrategyByName(h.strategy)
	if err != nil {
		t.Fatal(err)
	}
	s = Scenario{Protocol: p, Strategy: strategy, Attack: byzantine.Attack{ID: "none"}}
	id := h.attack
	if id == "" {
		id = *mutantAttack
	}
	if id != "none" {
		s.Attack = mustAttack(t, id)
	}
	e := s.Attack.Expected(p)
	return s, !e.None && !e.Beyond && e.Harm == byzantine.NoHarm
}

// huntOnce is how many schedules from the seed on it takes until one shows harm, that one included; 0 if none of those does
// that may be played.
func huntOnce(t *testing.T, s Scenario, seed uint64) uint64 {
	enough := func(tally *Tally) bool { return len(tally.Harms) > 0 }
	tally, err := Explore(t.Context(), s, seed, seed+*leagueMost-1, runtime.GOMAXPROCS(0), enough)
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
