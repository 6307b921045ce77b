package plots

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/figures"
	"github.com/powbench/powbench/plots/tables"
)

// hunts are those of two hunters for two mutants, one of whom can look for one of them only, and a mutant that no attack showed.
var hunts = []result.Hunts{
	{Mutant: "mabd: one", Attack: "none", Kind: "order", Hunter: "uniform", Most: 8, Schedules: []uint64{1, 2, 4}},
	{Mutant: "mabd: one", Attack: "none", Kind: "order", Hunter: "dfs", Most: 8, Schedules: []uint64{7}},
	{Mutant: "phalanx: two", Attack: "B3", Kind: "liars", Hunter: "uniform", Most: 8, Schedules: []uint64{0, 0, 8}},
	{Mutant: "phalanx: two", Attack: "B3", Kind: "liars", Hunter: "twins", Most: 8, Schedules: []uint64{0, 0, 0}},
	{Mutant: "cas: three", Hunter: "mixed", Most: 200, Schedules: []uint64{0}},
}

func TestLeague(t *testing.T) {
	p := figures.League(hunts)
	if want := []string{"Order and deaths (1)", "Lying servers (1)"}; !reflect.DeepEqual(p.Titles, want) {
		t.Errorf("panels %q, want %q", p.Titles, want)
	}
	if !strings.Contains(p.Lines[0], "3 hunts of each mistake, with other seeds, given up after 8 schedules") || !strings.Contains(p.Lines[0], "Not here: 1 ") {
		t.Errorf("note %q", p.Lines[0])
	}
	var shares []float64
	for _, dot := range p.Rows[0][0].Series()[0].Dots {
		shares = append(shares, dot.Y.Mean)
	}
	if len(shares) != 4 || int(shares[0]) != 66 || int(shares[1]) != 33 || shares[2] != 0 || shares[3] != 0 {
		t.Errorf("after 1, 2, 4 and 8 schedules %v %% live", shares)
	}
	table := tables.League(hunts)
	if want := [][]string{
		{"mabd: one", "none", "2", "7", "–", "–"}, {"phalanx: two", "B3", "> 8 (1/3)", "–", "not found", "–"}, {"cas: three", "nothing", "–", "–", "–", "–"},
	}; !reflect.DeepEqual(table.Rows, want) {
		t.Errorf("rows %q, want %q", table.Rows, want)
	}
	dir := t.TempDir()
	files, err := DrawLeague(hunts, dir)
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "figleague.svg")); err != nil {
		t.Error(err)
	}
}
