package experiment

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/costs"
)

func loadCosts(t *testing.T, text string) (*Costs, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("x.yaml", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return LoadCosts("x.yaml")
}

func TestCostFileThatIsNone(t *testing.T) {
	if _, err := LoadCosts("none.yaml"); err == nil || !strings.Contains(err.Error(), "none.yaml: no such file") {
		t.Errorf("LoadCosts of no file: %v", err)
	}
}

// The configured table measures every scheme, and its JSON form is the same file again.
func TestConfiguredCosts(t *testing.T) {
	c, err := LoadCosts("../../configs/table1.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(c.Schemes, costs.Names()) || c.T[0] != 1 || c.T[len(c.T)-1] != 10 {
		t.Errorf("table1.yaml leaves something out: %+v", c)
	}
	data, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	again, err := decodeCosts(data)
	if err != nil || !reflect.DeepEqual(again, c) {
		t.Errorf("comes back as %+v, %v, not as %+v", again, err, c)
	}
}

// Every repetition measures each scheme once at each t, or once at all, in an order that the seed decides.
func TestCostSchedule(t *testing.T) {
	c, err := loadCosts(t, "costs: x\nrepetitions: 2\nschemes: [ed25519, hash-sha1]\nt: [3, 1, 2]\n")
	if err != nil {
		t.Fatal(err)
	}
	type run struct {
		scheme        string
		t, repetition int
	}
	runs := func(seed uint64) (all []run) {
		c.Seed = seed
		for _, r := range c.Schedule() {
			all = append(all, run{r.Scheme.Name, r.T, r.Repetition})
		}
		return all
	}
	first := runs(1)
	for r := range 2 {
		for _, want := range []run{
			{"ed25519", 0, r + 1}, {"hash-sha1", 1, r + 1}, {"hash-sha1", 2, r + 1}, {"hash-sha1", 3, r + 1},
		} {
			if !slices.Contains(first[4*r:4*r+4], want) {
				t.Errorf("repetition %d lacks %v: %v", r+1, want, first)
			}
		}
	}
	order := func(runs []run) (all []run) {
		for _, r := range runs {
			all = append(all, run{r.scheme, r.t, 0})
		}
		return all
	}
	if slices.Equal(order(first[:4]), order(first[4:])) {
		t.Errorf("both repetitions have the same order: %v", first)
	}
	if len(first) != 8 || !slices.Equal(first, runs(1)) || slices.Equal(first, runs(2)) {
		t.Errorf("the seed does not decide the order: %v", first)
	}
}
