package result

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestHunts(t *testing.T) {
	file := filepath.Join(t.TempDir(), "folder", "league.json")
	want := []Hunts{{Mutant: "mabd: a quorum of one less", Protocol: "mabd", Attack: "none", Kind: "order", Hunter: "uniform", Most: 10, Schedules: []uint64{3, 0, 10}}}
	if err := WriteHunts(file, want); err != nil {
		t.Fatal(err)
	}
	got, err := ReadHunts(file)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("read %+v, %v", got, err)
	}
	for _, c := range []struct {
		hunt      int
		schedules uint64
		want      bool
	}{{0, 2, true}, {0, 3, false}, {1, 10, true}, {2, 9, true}, {2, 10, false}} {
		if alive := got[0].Alive(c.hunt, c.schedules); alive != c.want {
			t.Errorf("hunt %d after %d schedules: alive %v", c.hunt, c.schedules, alive)
		}
	}
}

func TestReadHuntsRefuses(t *testing.T) {
	for text, want := range map[string]string{
		`{"mutant": 1}`: "make league wrote", `[{"hunter": "uniform", "most": 3, "schedules": []}]`: "row 1 has no hunter, no hunts or no bound",
	} {
		file := filepath.Join(t.TempDir(), "league.json")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadHunts(file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v", text, err)
		}
	}
}
