package claims

import (
	"path/filepath"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots"
	"github.com/powbench/powbench/plots/quantity"
)

// reference is the reference results.
func reference(t *testing.T) ([]*result.Set, []quantity.Simulated) {
	t.Helper()
	const root = "../../results/reference/"
	var sets []*result.Set
	for _, dir := range []string{"lan/fig2a", "lan/fig2b", "lan/fig2c", "wan/fig2d", "wan/wan", "attack"} {
		s, err := result.Read(root + dir)
		if err != nil {
			t.Fatal(err)
		}
		sets = append(sets, s)
	}
	files, _ := filepath.Glob(root + "simulation/*.json")
	simulated, err := quantity.ReadSimulated(files...)
	if err != nil {
		t.Fatal(err)
	}
	return sets, simulated
}

func TestReference(t *testing.T) {
	b, err := Load("../../configs/claims.yaml")
	if err != nil {
		t.Fatal(err)
	}
	sets, simulated := reference(t)
	verdicts, err := b.Evaluate(sets, simulated...)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(plots.Tables{Verdicts(verdicts).Table()}.Text())
}
