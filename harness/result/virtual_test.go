package result

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Files of all kinds are told apart; one that is of none, or is not there, is refused with its name.
func TestReadVirtual(t *testing.T) {
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	simulated, explored, mutants, neither := file("t1.json"), file("explored.json"), file("mutants.json"), file("neither.json")
	hunts, more := file("league.json"), file("more.json")
	for f, schedules := range map[string]uint64{hunts: 4, more: 5} {
		if err := WriteHunts(f, []Hunts{{Hunter: "uniform", Most: 10, Schedules: []uint64{schedules}}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := WriteSimulated(simulated, []Simulated{{Protocol: "mabd", Schedules: 7}}); err != nil {
		t.Fatal(err)
	}
	if err := (Explorations{Build: "b", Rows: []Explored{{Protocol: "cas", Executions: 9}}}).Write(explored); err != nil {
		t.Fatal(err)
	}
	if err := (Mutants{Schedules: 5, Mutants: []Mutant{{Protocol: "gv", Killed: ByTraces}}}).Write(mutants); err != nil {
		t.Fatal(err)
	}
	v, err := ReadVirtual(explored, mutants, hunts, more, simulated)
	if err != nil || len(v.Simulated) != 1 || v.Simulated[0].Schedules != 7 || len(v.Explored) != 1 || v.Explored[0].Executions != 9 ||
		len(v.Mutants) != 1 || !v.Mutants[0].Survives() || len(v.Hunts) != 2 || v.Hunts[0].Schedules[0] != 4 || v.Hunts[1].Schedules[0] != 5 {
		t.Errorf("%+v, %v", v, err)
	}
	for _, content := range []string{"", "neither", "{neither", `{"mutants": 7}`, `[{"hunter": "uniform"}]`} {
		if err := os.WriteFile(neither, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadVirtual(neither); err == nil || !strings.Contains(err.Error(), neither) {
			t.Errorf("%q: %v", content, err)
		}
	}
	if _, err := ReadVirtual(file("none.json")); err == nil || !strings.Contains(err.Error(), "none.json") {
		t.Errorf("no file: %v", err)
	}
}
