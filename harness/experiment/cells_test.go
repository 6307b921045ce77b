package experiment

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/powbench/powbench/harness/result"
)

const small = "experiment: a\nrepetitions: 4\nt: [1, 2]\nvalue: [64KiB, 1MiB]\nclients: [1, 2, 4]\n"

func TestCellsAreTheProduct(t *testing.T) {
	e := mustLoad(t, small)
	cells := e.Cells()
	seen := map[result.Cell]bool{}
	for _, c := range cells {
		seen[c] = true
	}
	if want := 3 * 2 * 2 * 2 * 3; len(cells) != want || len(seen) != want {
		t.Errorf("%d cells, %d of them distinct, want %d", len(cells), len(seen), want)
	}
	searched := mustLoad(t, "experiment: a")
	if cells = searched.Cells(); len(cells) != 6 || cells[0].Clients != 0 {
		t.Errorf("cells to search: %v", cells)
	}
	both := mustLoad(t, "experiment: a\nclients: [2, saturate]")
	if cells = both.Cells(); len(cells) != 12 || cells[0].Clients != 2 || cells[1].Clients != 0 {
		t.Errorf("cells of two clients and of a search: %v", cells)
	}
}

// Suites and durabilities multiply the cells; what is not usual is in their names.
func TestCellsOfSuitesAndDurabilities(t *testing.T) {
	e := mustLoad(t, "experiment: a\nprotocols: [mabd]\noperations: [read]\nclients: [1]\n"+
		"suite: [paper, modern]\ndurability: [write, fsync]\n")
	var names []string
	for _, c := range e.Cells() {
		names = append(names, c.String())
	}
	want := []string{
		"mabd/read/t1/256KiB", "mabd/read/t1/256KiB/fsync", "mabd/read/t1/256KiB/modern", "mabd/read/t1/256KiB/modern/fsync",
	}
	if !reflect.DeepEqual(names, want) {
		t.Errorf("cells %v, want %v", names, want)
	}
}

// To a null protocol durability makes no difference: it has cells with the first one alone.
func TestCellsOfNullProtocols(t *testing.T) {
	e := mustLoad(t, "experiment: a\nprotocols: [mabd, null+mabd]\noperations: [write]\ndurability: [fsync, memory]\nclients: [8]\n")
	var names []string
	for _, c := range e.Cells() {
		names = append(names, c.Series.String())
	}
	if want := []string{"mabd/write/t1/256KiB/fsync", "mabd/write/t1/256KiB/memory", "null+mabd/write/t1/256KiB/fsync"}; !slices.Equal(names, want) {
		t.Errorf("cells %q, want %q", names, want)
	}
}

// Pebble alone has WRITEs to a disk, and no other cell.
func TestCellsOfPebbleAlone(t *testing.T) {
	e := mustLoad(t, "experiment: a\nprotocols: [mabd, pebble+mabd]\ndurability: [memory, write, fsync]\nclients: [1, 8]\ntestbed: {rate: unlimited}\n")
	var names []string
	for _, c := range e.Cells() {
		if c.PebbleAlone() && c.Clients == 8 {
			names = append(names, c.String())
		}
	}
	if want := []string{"pebble+mabd/write/t1/256KiB", "pebble+mabd/write/t1/256KiB/fsync"}; !slices.Equal(names, want) {
		t.Errorf("cells %v, want %v", names, want)
	}
	if all := e.Cells(); len(all) != 2*3*2+2*2 {
		t.Errorf("%d cells", len(all))
	}
}

// Open loops stand behind the closed ones of their series, and are other cells even with as many clients.
func TestCellsOfOpenLoops(t *testing.T) {
	const arrival = "arrival: {rates: [0.5/s, 100/s], clients: 4}\n"
	cells := mustLoad(t, small+arrival).Cells()
	if want := 3 * 2 * 2 * 2 * (3 + 2); len(cells) != want {
		t.Errorf("%d cells, want %d", len(cells), want)
	}
	type load struct {
		clients int
		rate    float64
	}
	want := []load{{1, 0}, {2, 0}, {4, 0}, {4, 0.5}, {4, 100}}
	for i, w := range want {
		if c := cells[i]; c.Series != cells[0].Series || (load{c.Clients, c.Rate}) != w {
			t.Errorf("cell %d is %+v, want %+v", i, c, w)
		}
	}
	seeds := map[uint64]bool{}
	for _, process := range []string{"poisson", "fixed"} {
		e := mustLoad(t, small+"arrival: {process: "+process+", rates: [0.5/s, 100/s], clients: 4}\n")
		for _, r := range e.Schedule() {
			seeds[r.Seed] = true
		}
	}
	if want := 3 * 2 * 2 * 2 * (3 + 2*2) * 4; len(seeds) != want { // the closed loops' are the same in both
		t.Errorf("%d seeds, want %d", len(seeds), want)
	}
}

// Each repetition has each cell once, in an order that differs from the others', and no two runs share a seed.
func TestScheduleIsBalanced(t *testing.T) {
	e := mustLoad(t, small)
	runs, n := e.Schedule(), len(e.Cells())
	if len(runs) != n*e.Repetitions {
		t.Fatalf("%d runs of %d cells", len(runs), n)
	}
	seeds := map[uint64]bool{}
	var orders [][]result.Cell
	for r := range e.Repetitions {
		seen := map[result.Cell]bool{}
		var order []result.Cell
		for _, run := range runs[r*n : (r+1)*n] {
			if run.Repetition != r+1 {
				t.Fatalf("a run of repetition %d among those of %d", run.Repetition, r+1)
			}
			seen[run.Cell], seeds[run.Seed] = true, true
			order = append(order, run.Cell)
		}
		if len(seen) != n {
			t.Errorf("repetition %d has %d of %d cells", r+1, len(seen), n)
		}
		for _, earlier := range append(orders, e.Cells()) {
			if reflect.DeepEqual(order, earlier) {
				t.Errorf("repetition %d comes in an order that was there before", r+1)
			}
		}
		orders = append(orders, order)
	}
	if len(seeds) != len(runs) {
		t.Errorf("%d seeds for %d runs", len(seeds), len(runs))
	}
}

// What differs in its protocol alone is measured one after the other, and the protocols take turns in who is first.
func TestProtocolsAreComparedAtOnce(t *testing.T) {
	e := mustLoad(t, "experiment: a\nprotocols: [mabd, cas, phalanx]\nclients: [1, 8]\nrepetitions: 10\n")
	runs, first := e.Schedule(), map[string]bool{}
	for i := 0; i < len(runs); i += 3 {
		names := map[string]bool{}
		for _, run := range runs[i : i+3] {
			names[run.Protocol] = true
			if run.Op != runs[i].Op || run.Clients != runs[i].Clients || run.Repetition != runs[i].Repetition {
				t.Errorf("%v is measured between %v and others like it", run.Cell, runs[i].Cell)
			}
		}
		if first[runs[i].Protocol] = true; len(names) != 3 {
			t.Errorf("run %d and those behind it are of %v", i, names)
		}
	}
	if len(first) != 3 {
		t.Errorf("only %v are ever first", first)
	}
}

func TestScheduleFollowsTheSeed(t *testing.T) {
	e := mustLoad(t, small)
	if !reflect.DeepEqual(e.Schedule(), mustLoad(t, small).Schedule()) {
		t.Error("the same experiment has two schedules")
	}
	if reflect.DeepEqual(e.Schedule(), mustLoad(t, small+"seed: 7").Schedule()) {
		t.Error("another seed has the same schedule")
	}
}

// A run keeps its seed when others are added, so that an extended experiment repeats what it repeats.
func TestSeedsDoNotDependOnOtherCells(t *testing.T) {
	seeds := map[[2]any]uint64{}
	for _, r := range mustLoad(t, small+"protocols: [mabd, phalanx, mpowerstore]").Schedule() {
		seeds[[2]any{r.Cell, r.Repetition}] = r.Seed
	}
	fewer := mustLoad(t, small+"protocols: [mabd]\noperations: [write]\narrival: {rates: [9/s]}")
	for _, r := range keepClosed(fewer.Schedule()) {
		if seeds[[2]any{r.Cell, r.Repetition}] != r.Seed {
			t.Errorf("%v, repetition %d: another seed in the larger experiment", r.Cell, r.Repetition)
		}
	}
}

func keepClosed(runs []Run) []Run {
	return slices.DeleteFunc(runs, func(r Run) bool { return r.Rate > 0 })
}

func estimate(t *testing.T, e *Experiment) time.Duration {
	t.Helper()
	total, err := e.Estimate()
	if err != nil {
		t.Fatal(err)
	}
	return total.Total()
}

// Who is who is a question of series; without TLS they are named as ever. Pebble alone has no connections.
func TestAuth(t *testing.T) {
	e := mustLoad(t, "experiment: a\nprotocols: [mabd, pebble+mabd]\noperations: [write]\nclients: [4]\nauth: [none, tls]\n"+
		"testbed: {rate: unlimited}")
	var got []string
	for _, c := range e.Cells() {
		got = append(got, fmt.Sprintf("%v %q", c.Series, c.Auth))
	}
	want := []string{`mabd/write/t1/256KiB ""`, `mabd/write/t1/256KiB/tls "tls"`, `pebble+mabd/write/t1/256KiB ""`}
	if !slices.Equal(got, want) {
		t.Errorf("cells %q, want %q", got, want)
	}
	for text, want := range map[string]string{
		"auth: ssh": "auth: must be one of none, tls",
		"auth: tls\nprotocols: [pebble+mabd]\nclients: [1]\ntestbed: {rate: unlimited}": "pebble+mabd has no connections: add none to auth",
	} {
		if _, err := load(t, "experiment: a\n"+text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", text, err, want)
		}
	}
	sealed := mustLoad(t, "experiment: a\nprotocols: [mabd]\nclients: [4]\nauth: tls")
	if clear := mustLoad(t, "experiment: a\nprotocols: [mabd]\nclients: [4]"); estimate(t, sealed) < estimate(t, clear) {
		t.Error("with TLS it takes less time")
	}
}

// Loads that ignore what servers owe, and slow servers, are cells of their own; what is usual leaves no mark.
func TestOwedAndSlowServer(t *testing.T) {
	e := mustLoad(t, "experiment: a\nprotocols: [mabd]\noperations: [read]\nclients: [4]\nowed: [waited, ignored]\n"+
		"slow_server: [none, 100Mbit]\ntestbed: {topology: spread}")
	var got []string
	for _, c := range e.Cells() {
		got = append(got, fmt.Sprint(c.Series, " ", c.Owed))
	}
	want := []string{
		"mabd/read/t1/256KiB ", "mabd/read/t1/256KiB ignored",
		"mabd/read/t1/256KiB/slow100Mbit ", "mabd/read/t1/256KiB/slow100Mbit ignored",
	}
	if !slices.Equal(got, want) {
		t.Errorf("cells %q, want %q", got, want)
	}
	for text, want := range map[string]string{
		"slow_server: [10Mbit]":                               "slow_server needs a host for each server: add testbed: {topology: spread}",
		"slow_server: [none]\nquick: {slow_server: [10Mbit]}": "quick: slow_server needs a host for each server",
		"slow_server: [slow]":                                 "slow_server",
		"owed: never":                                         "must be one of waited, ignored",
		"workload: {keys: zipfian}":                           "must be one of uniform, hot, zipf",
		"workload: {keys: zipf, skew: 0}":                     "must be a number from 0.01 to 10, not 0",
		"workload: {keys: zipf, skew: NaN}":                   "must be a number from 0.01 to 10",
		"workload: {keys: zipf, skew: 99%}":                   "must be a number from 0.01 to 10, not 99%",
		"workload: {keys: zipf, items: 0}":                    "must be a whole number from 1 to 1000000",
		"workload: {items: 50}":                               "skew and items belong to keys: zipf, and keys are uniform",
		"quick: {workload: {keys: hot, skew: 1}}":             "skew and items belong to keys: zipf, and keys are hot",
	} {
		if _, err := load(t, "experiment: a\n"+text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", text, err, want)
		}
	}
}

// Whoever asks for more is told a longer time.
func TestEstimateGrows(t *testing.T) {
	checkGrows(t, "clients: [4]",
		"clients: [4]\nrepetitions: 6", "clients: [4]\nt: [2]", "clients: [4]\nt: [1, 2]", "clients: [5]",
		"clients: [4]\nvalue: [512KiB]", "clients: [4]\nconcurrency: 0.5%", "clients: [4]\nphases: {warmup: 2s}",
		"clients: [4]\nphases: {measure: 4s}", "clients: [4]\ntestbed: {rate: 500Mbit}", "clients: saturate",
		"clients: [4]\narrival: {rates: [1/s]}", "clients: [4]\ntestbed: {client_hosts: 4}", "clients: [4]\ntestbed: {delay: {mean: 20ms}}")
	checkGrows(t, "clients: [4]\ntestbed: {delay: {mean: 20ms}}",
		"clients: [4]\ntestbed: {delay: {mean: 40ms}}", "clients: [4]\ntestbed: {delay: {mean: 20ms}, client_hosts: 4}",
		"clients: [4]\ntestbed: {delay: {mean: 20ms}}\nconcurrency: 0.5%")
	checkGrows(t, "clients: [4]\ntestbed: {topology: spread}", "clients: [4]\ntestbed: {"+spreadRegions+"}")
	checkGrows(t, "clients: [4]\nworkload: {keys: hot}", "clients: [4]")
	checkGrows(t, "clients: [4]\nworkload: {keys: zipf}", "clients: [4]\nworkload: {keys: zipf, items: 2000}")
	checkGrows(t, "clients: saturate", "clients: [1, saturate]")
	checkGrows(t, "value: [16MiB]\nsearch: {latency: 500ms}", "value: [16MiB]")
	checkGrows(t, "clients: [4]\nvalue: [16MiB]", "clients: [4]\nvalue: [16MiB]\nphases: {longest: 20s}")
	checkGrows(t, "clients: [4]\noperations: [write]\narrival: {rates: [20/s]}",
		"clients: [4]\noperations: [write]\narrival: {rates: [20/s]}\nphases: {operations: 200}")
	checkGrows(t, "clients: [1]\ntestbed: {delay: {mean: 10ms}}\noperations: [write]",
		"clients: [1]\ntestbed: {delay: {mean: 10ms}}\noperations: [write]\nphases: {operations: 150}")
	checkGrows(t, "seed: 1", "search: {measure: 2s}", "search: {clients: [1, 2, 3, 8, 16, 32]}")
}

// checkGrows checks that each of the experiments takes longer than the first.
func checkGrows(t *testing.T, first string, longer ...string) {
	t.Helper()
	base := estimate(t, mustLoad(t, "experiment: a\n"+first))
	for _, more := range longer {
		if got := estimate(t, mustLoad(t, "experiment: a\n"+more)); got <= base {
			t.Errorf("%s: %v, not more than %v", more, got, base)
		}
	}
}

// A search leaves out numbers of clients whose operations would take too long, but never the two smallest.
func TestSearchClients(t *testing.T) {
	e := mustLoad(t, "experiment: a\nvalue: [16MiB]\nt: [10]\nsearch: {clients: [1, 2, 4, 8], latency: 2s}")
	cell := e.Cells()[0]
	for name, want := range map[string][]int{"phalanx": {1, 2}, "mpowerstore": {1, 2, 4}} { // 4.4 s and 0.4 s each
		series := cell.Series
		series.Protocol = name
		if got, err := e.SearchClients(series); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: numbers %v, %v, want %v", name, got, err, want)
		}
		series.ValueBytes = 256
		if got, err := e.SearchClients(series); err != nil || len(got) != 4 {
			t.Errorf("%s: numbers %v, %v for small values, want all", name, got, err)
		}
	}
}

func TestEstimateNamesAProtocolThatIsNone(t *testing.T) {
	e := mustLoad(t, "experiment: a")
	e.Protocols = []string{"raft"}
	if _, err := e.Estimate(); err == nil || !strings.Contains(err.Error(), "raft") {
		t.Errorf("an estimate for a protocol that does not exist: %v", err)
	}
	if _, err := e.SearchClients(e.Cells()[0].Series); err == nil || !strings.Contains(err.Error(), "raft") {
		t.Errorf("numbers of clients for a protocol that does not exist: %v", err)
	}
}

func TestKeys(t *testing.T) {
	e := mustLoad(t, "experiment: a")
	for clients, want := range map[int]int{1: 1, 2: 100, 4: 300} {
		if got := e.Keys(clients); got != want {
			t.Errorf("%d clients: %d keys, want %d", clients, got, want)
		}
	}
	hot := mustLoad(t, "experiment: a\nworkload: {keys: hot}")
	for clients, want := range map[int]int{1: 2, 4: 5} {
		if got := hot.Keys(clients); got != want {
			t.Errorf("%d clients with a hot key: %d keys, want %d", clients, got, want)
		}
	}
	for text, want := range map[string]int{"keys: zipf": 1000, "keys: zipf, items: 17": 17} {
		zipf := mustLoad(t, "experiment: a\nworkload: {"+text+"}")
		if got := zipf.Keys(4); got != want || zipf.Workload.Skew != 0.99 {
			t.Errorf("%s: %d keys with skew %v, want %d and 0.99", text, got, zipf.Workload.Skew, want)
		}
	}
}
