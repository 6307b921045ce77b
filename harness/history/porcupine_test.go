package history

import (
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/workloads"
)

// All checkers and the oracle judge the same random histories, good and broken.
func TestCheckersAgree(t *testing.T) {
	names := slices.Sorted(maps.Keys(mutations))
	verdicts := make(map[result.VerdictCode]int)
	forSeeds(t, 8_000, func(t *testing.T, rng *rand.Rand) {
		h := simulate(rng, 1+rng.IntN(9), 1+rng.Int64N(14))
		for range rng.IntN(3) {
			mutations[names[rng.IntN(len(names))]](rng, h)
		}
		zones, stamps, searched := Zones(h), Timestamps(h), Porcupine(h, time.Minute)
		verdicts[searched.Code]++
		if linearizable := oracle(h); (searched.Code == result.Linearizable) != linearizable {
			t.Errorf("oracle says %v, Porcupine %s %s\n%s", linearizable, searched.Code, searched.Detail, Timeline(h))
		}
		if zones.Code != searched.Code {
			t.Errorf("Zones says %s %s, Porcupine %s %s\n%s", zones.Code, zones.Detail,
				searched.Code, searched.Detail, Timeline(h))
		}
		if stamps.Code == result.Linearizable && searched.Code != result.Linearizable {
			t.Errorf("Timestamps accepts what Porcupine does not: %s\n%s", searched.Detail, Timeline(h))
		}
	})
	if *onlySeed < 0 && (verdicts[result.Linearizable] < 1000 || verdicts[result.Violation] < 1000) {
		t.Errorf("verdicts %v: too few of one to test anything", verdicts)
	}
}

// Histories too large for the oracle.
func TestZonesAndPorcupineAgreeOnLargeHistories(t *testing.T) {
	names := slices.Sorted(maps.Keys(mutations))
	broken := 0
	forSeeds(t, 400, func(t *testing.T, rng *rand.Rand) {
		h := simulateClients(rng, 200, 1+rng.IntN(5))
		if rng.IntN(2) == 0 {
			mutations[names[rng.IntN(len(names))]](rng, h)
		}
		zones, searched := Zones(h), Porcupine(h, time.Minute)
		if zones.Code != searched.Code {
			t.Errorf("Zones says %s %s, Porcupine %s %s\n%s", zones.Code, zones.Detail,
				searched.Code, searched.Detail, Timeline(h))
		}
		if zones.Code == result.Violation {
			broken++
		}
	})
	if *onlySeed < 0 && broken < 50 {
		t.Errorf("only %d histories are broken", broken)
	}
}

// Values that are written more than once are for Porcupine alone.
func TestPorcupineAgreesWithTheOracleOnRepeatedValues(t *testing.T) {
	verdicts := make(map[result.VerdictCode]int)
	forSeeds(t, 8_000, func(t *testing.T, rng *rand.Rand) {
		h := simulate(rng, 2+rng.IntN(6), 1+rng.Int64N(30))
		for i := range h {
			if !h[i].Bottom && h[i].Value.Seq > 0 {
				h[i].Value.Seq = 1 + h[i].Value.Seq%2
			}
		}
		if rng.IntN(3) > 0 {
			mutations["any values read"](rng, h)
		}
		got, linearizable := Porcupine(h, time.Minute), oracle(h)
		verdicts[got.Code]++
		if (got.Code == result.Linearizable) != linearizable || got.Code == result.Unknown {
			t.Errorf("oracle says %v, Porcupine %s %s\n%s", linearizable, got.Code, got.Detail, Timeline(h))
		}
		if all := CheckValues(h, time.Minute); all.Code != got.Code {
			t.Errorf("CheckValues says %s %s, Porcupine %s\n%s", all.Code, all.Detail, got.Code, Timeline(h))
		}
	})
	if *onlySeed < 0 && (verdicts[result.Linearizable] < 500 || verdicts[result.Violation] < 500) {
		t.Errorf("verdicts %v: too few of one to test anything", verdicts)
	}
}

func TestPorcupineNamesTheOperationThatLeftNoOrder(t *testing.T) {
	got := Porcupine(history(w(1, 1, 2), w(2, 3, 4), r(2, 5, 6), r(1, 7, 8), w(3, 9, 10), r(3, 11, 12)), time.Minute)
	const want = `key "k": when read 4 of client 2 of value 1.1 ended, there was no linear order anymore`
	if got.Detail != want || got.Checker != PorcupineChecker || got.Operations != 6 {
		t.Errorf("got %+v, want %s", got.Verdict, want)
	}
	if n := len(got.Involved); n != 4 || got.Involved[3].Seq != 4 {
		t.Errorf("involved: %v", got.Involved)
	}
}

// A read that ends as its write starts is not what is wrong here.
func TestPorcupineTakesTouchingOperationsForConcurrent(t *testing.T) {
	got := Porcupine(history(r(1, 1, 4), crashed(w(1, 4, 0)), r(0, 5, 6)), time.Minute)
	if got.Code != result.Violation || !strings.Contains(got.Detail, "when read 3 of client 2 of ⊥ ended") {
		t.Errorf("%+v", got.Verdict)
	}
}

func TestPorcupineTellsBottomFromTheFirstValue(t *testing.T) {
	zero := w(1, 1, 2)
	zero.Value = workloads.ID{}
	if got := Porcupine(history(zero, r(0, 3, 4)), time.Minute); got.Code != result.Violation {
		t.Errorf("%+v", got.Verdict)
	}
}

func TestPorcupineThatRunsOutIsUnknown(t *testing.T) {
	h := simulateClients(rand.New(rand.NewPCG(1, 1)), 2000, 4)
	if got := Porcupine(h, 1); got.Code != result.Unknown || !strings.Contains(got.Detail, "not verified") {
		t.Errorf("no time: %+v", got.Verdict)
	}
	h = append(h, make([]Entry, maxSearched)...)
	for i := range h {
		h[i] = r(0, int64(i), int64(i))
	}
	if got := Porcupine(h, time.Minute); got.Code != result.Unknown || !strings.Contains(got.Detail, "22000 operations") {
		t.Errorf("too many operations: %+v", got.Verdict)
	}
	if got := Porcupine(nil, time.Minute); got.Code != result.Unknown {
		t.Errorf("no operations: %+v", got.Verdict)
	}
}

func TestBoundedSearchStandsStill(t *testing.T) {
	h := history(w(1, 1, 2), r(1, 3, 4))
	ops := operations([]*Entry{&h[0], &h[1]})
	for n, want := range map[int]porcupine.CheckResult{2: porcupine.Ok, 8 * maxSearchBytes: porcupine.Unknown} {
		if got := porcupine.CheckOperationsTimeout(bounded(register, n), ops, 50*time.Millisecond); got != want {
			t.Errorf("of %d operations: %s, want %s", n, got, want)
		}
	}
}

// One key's hard history leaves time for the others'.
func TestPorcupineFindsTheBadKey(t *testing.T) {
	h := simulateClients(rand.New(rand.NewPCG(1, 1)), 100, 2)
	bad := history(w(1, 1, 2), r(0, 3, 4))
	for i := range bad {
		bad[i].Key = "z"
	}
	got := Porcupine(append(h, bad...), time.Minute)
	if got.Code != result.Violation || !strings.HasPrefix(got.Detail, `key "z": `) {
		t.Errorf("%+v", got.Verdict)
	}
}

func TestVisualise(t *testing.T) {
	first := w(1, 100, 300)
	labelled := r(2, 400, 500)
	labelled.Label = ":fish"
	other := r(0, 150, 250)
	other.Client, other.Key = 900, "other"
	h := []Entry{first, crashed(w(2, 350, 0)), labelled, r(1, 600, 700), r(0, 800, 900), other, crashed(r(0, 950, 0))}
	path := filepath.Join(t.TempDir(), "h.html")
	if err := Visualise(path, history(h...)); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"write 1.1"`, `"write 1.2, pending"`, `"read → :fish"`, `"read → ⊥"`, `"read, pending"`,
		`write 1 of client 1, key \"k\", timestamp 1.1`, `read 6 of client 900, key \"other\"`, `"OriginalEnd":"951"`,
	} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if err := Visualise(filepath.Join(path, "x"), h); err == nil {
		t.Error("no error for a file that cannot be")
	}
	if err := Visualise(path, nil); err != nil {
		t.Errorf("nothing: %v", err)
	}
}

func TestRowsOfAPicture(t *testing.T) {
	of := func(client uint64, e Entry) Entry { e.Client = client; return e }
	h := []Entry{
		of(70, w(1, 0, 5)), of(3, w(2, 0, 5)), of(3, w(3, 5, 9)), // one after the other
		of(3, w(4, 7, 8)), of(70, crashed(w(5, 6, 0))), of(70, w(6, 8, 9)), // overlap
	}
	var got []int
	for _, op := range drawn(h) {
		got = append(got, op.ClientId)
	}
	if want := []int{0, 0, 1, 2, 2, 3}; !slices.Equal(got, want) {
		t.Errorf("rows %v, want %v", got, want)
	}
}

func TestAround(t *testing.T) {
	var h []Entry
	for i := range 100 {
		at := int64(10 * i)
		h = append(h, w(i+1, at, at+5), r(i+1, at+6, at+7))
	}
	stale := r(3, 500, 505)
	other := w(999, 500, 505)
	other.Key = "other"
	h = history(append(h, stale, other)...)
	involved := []Entry{h[100], h[200]} // write 51 and the stale read
	got := Around(h, involved, 50)
	if want := []Entry{h[4], h[100], h[200]}; !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", Timeline(got), Timeline(want))
	}
	if got := Around(h, []Entry{h[0], h[200]}, 5); !slices.Equal(got, []Entry{h[0], h[4], h[200]}) {
		t.Errorf("too many:\n%s", Timeline(got))
	}
	if got := Around(h, nil, 5); got != nil {
		t.Errorf("nothing involved: %v", got)
	}
	if got := Around(h, nil, len(h)); !slices.Equal(got, h) {
		t.Error("a small history is not whole")
	}
}

// simulateClients makes a linearizable history as clients make it: each does one operation after the other.
func simulateClients(rng *rand.Rand, n, clients int) []Entry {
	type op struct {
		Entry
		at int64
	}
	ops := make([]op, n)
	free := make([]int64, clients)
	for i := range ops {
		c := rng.IntN(clients)
		start := free[c] + rng.Int64N(10)
		at := start + rng.Int64N(10)
		free[c] = at + rng.Int64N(10)
		ops[i] = op{Entry{Client: uint64(c), Key: "k", Start: start, End: free[c], Outcome: OK}, at}
		ops[i].Op = []protocols.Op{protocols.Read, protocols.Write}[rng.IntN(2)]
	}
	slices.SortStableFunc(ops, func(a, b op) int { return int(a.at - b.at) })
	h := make([]Entry, n)
	written := 0
	for i, o := range ops {
		if o.Op == protocols.Write {
			written++
			o.Value, o.Timestamp = val(written), stamp(written)
		} else {
			o.Entry = returning(o.Entry, written)
		}
		h[i] = o.Entry
	}
	return history(h...)
}

// A compare-and-set that was refused proves that the register held another value, if only for a lost write's sake.
func TestPorcupineJudgesRefusals(t *testing.T) {
	one, two, three := workloads.ID{Seq: 1}, workloads.ID{Seq: 2}, workloads.ID{Seq: 3}
	write := Entry{Op: protocols.Write, Key: "k", Value: one, Start: 0, End: 1, Outcome: OK}
	lost := Entry{Op: protocols.Write, Key: "k", Value: two, Seq: 1, Start: 2, End: Forever, Outcome: Pending}
	refused := Entry{Op: CAS, Key: "k", Value: three, Seq: 2, Start: 3, End: 4, Outcome: OK, Foreign: &Foreign{Was: one, Refused: true}}
	for name, c := range map[string]struct {
		ops  []Entry
		want result.VerdictCode
	}{
		"nothing else was written": {[]Entry{write, refused}, result.Violation},
		"a write was lost":         {[]Entry{write, lost, refused}, result.Linearizable},
	} {
		if r := Porcupine(c.ops, time.Minute); r.Code != c.want {
			t.Errorf("%s: %s %s, want %s", name, r.Code, r.Detail, c.want)
		}
	}
}
