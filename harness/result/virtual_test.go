package result

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Files of both kinds are told apart; one that is neither, or is not there, is refused with its name.
func TestReadVirtual(t *testing.T) {
	dir := t.TempDir()
	simulated, explored, neither := filepath.Join(dir, "t1.json"), filepath.Join(dir, "explored.json"), filepath.Join(dir, "neither.json")
	if err := WriteSimulated(simulated, []Simulated{{Protocol: "mabd", Schedules: 7}}); err != nil {
		t.Fatal(err)
	}
	if err := (Explorations{Build: "b", Rows: []Explored{{Protocol: "cas", Executions: 9}}}).Write(explored); err != nil {
		t.Fatal(err)
	}
	v, err := ReadVirtual(explored, simulated)
	if err != nil || len(v.Simulated) != 1 || v.Simulated[0].Schedules != 7 || len(v.Explored) != 1 || v.Explored[0].Executions != 9 {
		t.Errorf("%+v, %v", v, err)
	}
	for _, content := range []string{"", "neither", "{neither"} {
		if err := os.WriteFile(neither, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadVirtual(neither); err == nil || !strings.Contains(err.Error(), neither) {
			t.Errorf("%q: %v", content, err)
		}
	}
	if _, err := ReadVirtual(filepath.Join(dir, "none.json")); err == nil || !strings.Contains(err.Error(), "none.json") {
		t.Errorf("no file: %v", err)
	}
}
