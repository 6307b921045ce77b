package result

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestContendedRoundTrip(t *testing.T) {
	file := filepath.Join(t.TempDir(), "deep", "contended.json")
	rows := []Contended{
		{Protocol: "loft", Title: "Loft", T: 1, Writers: 4, Repetition: 1, Schedules: 9, Reads: 10, Rounds: map[int]int64{1: 6, 3: 2}, Writes: 15, Restarts: 5},
		{Protocol: "mabd", Title: "M-ABD", T: 1, Writers: 4},
	}
	if err := WriteContended(file, rows); err != nil {
		t.Fatal(err)
	}
	again, err := ReadContended(file)
	if err != nil || !reflect.DeepEqual(again, rows) {
		t.Errorf("%+v, %v", again, err)
	}
	if c := again[0]; c.Failed() != 2 || c.PerRead(c.Writes) != 1.5 || c.MeanRounds() != 1.5 {
		t.Errorf("%d failed, %v WRITEs a READ, %v rounds", c.Failed(), c.PerRead(c.Writes), c.MeanRounds())
	}
	if c := again[1]; c.PerRead(3) != 0 || c.MeanRounds() != 0 {
		t.Errorf("without READs: %v and %v", c.PerRead(3), c.MeanRounds())
	}
	if err := os.WriteFile(file, []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadContended(file); err == nil || !strings.Contains(err.Error(), "contended.json") {
		t.Errorf("half a file: %v", err)
	}
}
