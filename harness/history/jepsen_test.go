package history_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/history/jepsen"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
)

// A history written as Jepsen's gets the verdict that it has in ours.
func TestJepsenHistoriesGetTheSameVerdict(t *testing.T) {
	names := slices.Sorted(maps.Keys(history.Mutations))
	path := filepath.Join(t.TempDir(), "h.edn")
	verdicts := make(map[result.VerdictCode]int)
	history.ForSeeds(t, 300, func(t *testing.T, rng *rand.Rand) {
		h := history.Simulate(rng, 1+rng.IntN(7), 1+rng.Int64N(14))
		history.Mutations[names[rng.IntN(len(names))]](rng, h)
		want := history.Zones(h)
		if err := os.WriteFile(path, []byte(inEDN(h)), 0o644); err != nil {
			t.Fatal(err)
		}
		loaded, err := jepsen.Load(path, jepsen.Options{})
		if err != nil {
			t.Fatal(err)
		}
		r := history.CheckValues(loaded.Entries, time.Minute)
		verdicts[r.Code]++
		if r.Code != want.Code {
			t.Errorf("%s %s, want %s\n%s\n%s", r.Code, r.Detail, want.Code, history.Timeline(h), inEDN(h))
		}
	})
	if *history.OnlySeed < 0 && (verdicts[result.Linearizable] < 50 || verdicts[result.Violation] < 50) {
		t.Errorf("verdicts %v: too few of one to test anything", verdicts)
	}
}

// inEDN writes a history as EDN. Invocations come before the ends of the same instant.
func inEDN(h []history.Entry) string {
	type line struct {
		at, order int64
		text      string
	}
	var lines []line
	add := func(at, order int64, e history.Entry, kind, value string) {
		lines = append(lines, line{at, order, fmt.Sprintf("{:process %d :type %s :f :%s :value %s :time %d}",
			e.Seq, kind, e.Op, value, at)})
	}
	for _, e := range h {
		value, read := "nil", "nil"
		if e.Op == protocols.Write {
			value = strconv.FormatUint(e.Value.Seq, 10)
		}
		if !e.Bottom {
			read = strconv.FormatUint(e.Value.Seq, 10) + "N"[:min(1, e.Value.Seq>>63)]
		}
		add(e.Start, 0, e, ":invoke", value)
		if e.Outcome == history.OK {
			add(e.End, 1, e, ":ok", read)
		}
	}
	slices.SortFunc(lines, func(a, b line) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.order, b.order))
	})
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l.text + "\n")
	}
	return b.String()
}
