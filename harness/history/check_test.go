package history

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
)

func TestCheckersOnKnownHistories(t *testing.T) {
	const ok, bad = result.Linearizable, result.Violation
	corrupt := r(1, 3, 4)
	corrupt.Value = Corrupt
	tests := []struct {
		name        string
		h           []Entry
		zone, stamp result.VerdictCode
		detail      string // part of the zone checker's
	}{
		{"write then read", history(w(1, 1, 2), r(1, 3, 4)), ok, ok, ""},
		{"⊥ before the first write", history(r(0, 1, 2), w(1, 3, 4)), ok, ok, ""},
		{"⊥ during the first write", history(w(1, 1, 9), r(0, 2, 3)), ok, ok, ""},
		{"only ⊥", history(r(0, 1, 2), r(0, 0, 0)), ok, ok, ""},
		{
			"⊥ after the first write", history(w(1, 1, 2), r(0, 3, 4)), bad, bad,
			"read 2 of client 2 returned ⊥, but write 1 of client 1 of value 1.1 had ended before it started",
		},
		{"⊥ after a read", history(w(1, 1, 9), r(1, 2, 3), r(0, 4, 5)), bad, bad, "returned ⊥"},
		{"⊥ in the instant in which a write ends", history(w(1, 1, 2), r(0, 2, 3)), ok, ok, ""},
		{
			"stale read", history(w(1, 1, 2), w(2, 3, 4), r(1, 5, 6)), bad, bad,
			"value 1.1 must come before value 1.2, as write 1 of client 1 ended before write 2 of client 1 started, " +
				"and after it, as write 2 of client 1 ended before read 3 of client 2 started",
		},
		{
			"new-old inversion", history(w(1, 1, 2), w(2, 3, 9), r(2, 4, 5), r(1, 6, 7)), bad, bad,
			"and after it, as read 3 of client 2 ended before read 4 of client 2 started",
		},
		{"old, then new, during a write", history(w(1, 1, 2), w(2, 3, 9), r(1, 4, 5), r(2, 6, 7)), ok, ok, ""},
		{"lost write", history(w(1, 1, 2), w(2, 3, 4), r(1, 5, 6), r(2, 7, 8)), bad, bad, "must come before"},
		{"phantom value", history(w(1, 1, 2), r(7, 3, 4)), bad, bad, "returned value 1.7, which nobody wrote"},
		{"corrupt value", history(w(1, 1, 2), corrupt), bad, bad, "returned a corrupt value, which nobody wrote"},
		{
			"read from the future", history(r(1, 1, 2), w(1, 3, 4)), bad, bad,
			"ended before write 2 of client 1 of it started",
		},
		{"read that ends as its write starts", history(r(1, 1, 3), w(1, 3, 4)), ok, ok, ""},
		{"zones that touch", history(w(1, 1, 2), r(1, 5, 6), w(2, 4, 5), r(2, 7, 8)), ok, ok, ""},
		{"zones that overlap", history(w(1, 1, 2), r(1, 6, 7), w(2, 4, 5), r(2, 8, 9)), bad, bad, "must come before"},
		{"backward zone inside", history(w(1, 1, 2), r(1, 6, 7), w(2, 3, 5)), bad, bad, "must come before"},
		{"backward zone touching inside", history(w(1, 1, 3), r(1, 5, 7), w(2, 3, 4)), ok, bad, ""},
		{
			"zones with the same start", history(w(1, 1, 2), w(2, 1, 2), r(1, 4, 5), r(2, 4, 5)), bad, bad,
			"must come before",
		},
		{"pending write, unread", history(w(1, 1, 2), crashed(w(2, 3, 0)), r(1, 5, 6)), ok, ok, ""},
		{"pending write, read late", history(w(1, 1, 2), crashed(w(2, 3, 0)), r(1, 5, 6), r(2, 7, 8)), ok, ok, ""},
		{
			"pending write, undone", history(w(1, 1, 2), crashed(w(2, 3, 0)), r(2, 5, 6), r(1, 7, 8)), bad, bad,
			"must come before",
		},
		{"pending write, read too early", history(crashed(w(1, 5, 0)), r(1, 1, 2)), bad, bad, "ended before write 1"},
		{"pending read", history(w(1, 1, 2), crashed(r(0, 3, 0))), ok, ok, ""},
		{"unordered timestamps", history(w(2, 1, 2), w(1, 3, 4), r(1, 5, 6)), ok, bad, ""},
		{"writes of one value", history(w(1, 1, 2), w(1, 3, 4)), result.Unknown, result.Unknown, "values must be unique"},
		{"end before start", history(w(1, 2, 1)), result.Unknown, result.Unknown, "end is 1 ns, before the start at 2 ns"},
		{"nothing", nil, result.Unknown, result.Unknown, "no operations"},
	}
	for _, test := range tests {
		zones, stamps := Zones(test.h), Timestamps(test.h)
		if got := zones.Code; got != test.zone || !strings.Contains(zones.Detail, test.detail) {
			t.Errorf("%s: Zones = %s %q; want %s %q", test.name, got, zones.Detail, test.zone, test.detail)
		}
		if got := stamps.Code; got != test.stamp {
			t.Errorf("%s: Timestamps = %s %q; want %s", test.name, got, stamps.Detail, test.stamp)
		}
		if zones.Code == result.Violation && (len(zones.Involved) == 0 || oracle(zones.Involved)) {
			t.Errorf("%s: the involved operations alone are no violation:\n%s", test.name, Timeline(zones.Involved))
		}
		if len(zones.Involved) > 4 || len(slices.Compact(slices.Clone(zones.Involved))) < len(zones.Involved) {
			t.Errorf("%s: more operations involved than it takes:\n%s", test.name, Timeline(zones.Involved))
		}
	}
}

// Each of these asks something of timestamps that values and times alone do not show.
func TestTimestampsFindsWhatIsWrongWithTimestamps(t *testing.T) {
	with := func(e Entry, n int) Entry { e.Timestamp = stamp(n); return e }
	for _, test := range []struct {
		name   string
		h      []Entry
		detail string
	}{
		{
			"two writes, one timestamp", history(w(1, 1, 9), with(w(2, 1, 9), 1)),
			"value 1.1 and value 1.2 have the same timestamp 1.1",
		},
		{
			"a write with the timestamp of ⊥", history(with(w(1, 1, 2), 0)),
			"⊥ and value 1.1 have the same timestamp 0.0",
		},
		{"⊥ with a timestamp", history(with(r(0, 1, 2), 3)), "returned ⊥ with timestamp 3.1"},
		{
			"a read with another's timestamp", history(w(1, 1, 9), w(2, 1, 9), with(r(1, 3, 4), 2)),
			"write 1 of client 1 has timestamp 1.1 for value 1.1, but read 3 of client 2 has 2.1 for it",
		},
		{
			"a pending write's readers disagree", history(crashed(w(1, 1, 0)), r(1, 2, 3), with(r(1, 4, 5), 2)),
			"read 2 of client 2 has timestamp 1.1 for value 1.1, but read 3 of client 2 has 2.1",
		},
		{
			"a write not above what it follows", history(w(2, 1, 2), w(1, 3, 4)),
			"write 2 of client 1 has timestamp 1.1, but write 1 of client 1 with 2.1 had ended before it started",
		},
		{
			"a pending write not above what it follows", history(w(2, 1, 2), crashed(w(1, 3, 0)), r(1, 3, 4)),
			"has timestamp 1.1, but write 1 of client 1 with 2.1 had ended",
		},
	} {
		got := Timestamps(test.h)
		if got.Code != result.Violation || !strings.Contains(got.Detail, test.detail) {
			t.Errorf("%s: %s %q, want %q", test.name, got.Code, got.Detail, test.detail)
		}
		if len(got.Involved) == 0 || len(got.Involved) > 2 {
			t.Errorf("%s: %d operations involved", test.name, len(got.Involved))
		}
	}
}

func TestCheckersAcceptLinearizableHistories(t *testing.T) {
	forSeeds(t, 20_000, func(t *testing.T, rng *rand.Rand) {
		h := simulate(rng, 1+rng.IntN(12), 1+rng.Int64N(20))
		if got := Check(h); got.Code != result.Linearizable || got.Detail != "" {
			t.Errorf("%s %s\n%s", got.Code, got.Detail, Timeline(h))
		}
	})
}

func TestCheckersAgreeWithTheOracle(t *testing.T) {
	names := slices.Sorted(maps.Keys(mutations))
	broken := make(map[string]int)
	forSeeds(t, 40_000, func(t *testing.T, rng *rand.Rand) {
		h := simulate(rng, 1+rng.IntN(7), 1+rng.Int64N(12))
		name := names[rng.IntN(len(names))]
		for range 1 + rng.IntN(2) {
			mutations[name](rng, h)
		}
		zones, stamps, linearizable := Zones(h), Timestamps(h), oracle(h)
		if !linearizable {
			broken[name]++
		}
		if (zones.Code == result.Linearizable) != linearizable || zones.Code == result.Unknown {
			t.Errorf("%s: oracle says %v, Zones %s %s\n%s",
				name, linearizable, zones.Code, zones.Detail, Timeline(h))
		}
		if stamps.Code == result.Linearizable && !linearizable {
			t.Errorf("%s: Timestamps accepts what is not linearizable\n%s", name, Timeline(h))
		}
		if zones.Code == result.Violation && oracle(withWrites(h, zones.Involved)) {
			t.Errorf("%s: %s, but these operations alone are linearizable\n%s",
				name, zones.Detail, Timeline(zones.Involved))
		}
	})
	if t.Failed() || *onlySeed >= 0 {
		return
	}
	for _, name := range names {
		if broken[name] < 100 {
			t.Errorf("%q broke only %d histories: it tests nothing", name, broken[name])
		}
	}
}

// withWrites adds to the involved operations the writes of the values that they read.
func withWrites(h, involved []Entry) []Entry {
	all := slices.Clone(involved)
	for _, e := range h {
		wrote := func(o Entry) bool { return o.Op == protocols.Read && !o.Bottom && o.Value == e.Value }
		if e.Op == protocols.Write && slices.ContainsFunc(involved, wrote) && !slices.Contains(all, e) {
			all = append(all, e)
		}
	}
	return all
}

// A history is linearizable if and only if each key's is; the verdict names the key.
func TestCheckJudgesEachKey(t *testing.T) {
	on := func(key protocols.Key, h []Entry) []Entry {
		for i := range h {
			h[i].Key = key
		}
		return h
	}
	good := func(key protocols.Key) []Entry { return on(key, history(w(1, 1, 2), r(1, 3, 4))) }
	bad := on("b", history(w(1, 1, 2), r(0, 3, 4)))
	twice := on("a", history(w(1, 1, 2), w(1, 3, 4)))

	got := Check(slices.Concat(good("c"), good("a")))
	if got.Code != result.Linearizable || got.Operations != 4 || got.Checker != "timestamp+zone" {
		t.Errorf("two good keys: %+v", got)
	}
	got = Check(slices.Concat(twice, bad, good("c")))
	if got.Code != result.Violation || !strings.HasPrefix(got.Detail, `key "b": `) {
		t.Errorf("a bad key behind one that cannot be checked: %+v", got)
	}
	got = Check(slices.Concat(on("z", history(w(1, 1, 2), r(0, 3, 4))), bad))
	if got.Code != result.Violation || !strings.HasPrefix(got.Detail, `key "b": `) {
		t.Errorf("two bad keys: %+v", got)
	}
	got = Check(slices.Concat(good("c"), twice))
	if got.Code != result.Unknown || !strings.HasPrefix(got.Detail, `key "a": `) {
		t.Errorf("a key that cannot be checked: %+v", got)
	}
}

func TestCheckReportsADisagreement(t *testing.T) {
	got := Check(history(w(2, 1, 2), w(1, 3, 4)))
	const want = `not in the order of its timestamps: key "k"`
	if got.Code != result.Linearizable || !strings.Contains(got.Detail, want) {
		t.Errorf("%+v", got)
	}
}

// All operations are on one key. For the timestamp and the zone checker many overlap; porcupine gets what four clients
// do.
func BenchmarkCheck(b *testing.B) {
	overlapping := simulate(rand.New(rand.NewPCG(1, 1)), 100_000, 1e9)
	sequential := simulateClients(rand.New(rand.NewPCG(1, 1)), 5_000, 4)
	for _, checker := range []struct {
		name  string
		h     []Entry
		check func([]Entry) Report
	}{
		{timestampChecker, overlapping, Timestamps},
		{zoneChecker, overlapping, Zones},
		{PorcupineChecker, sequential, func(h []Entry) Report { return Porcupine(h, time.Minute) }},
	} {
		b.Run(checker.name, func(b *testing.B) {
			for b.Loop() {
				if got := checker.check(checker.h); got.Code != result.Linearizable {
					b.Fatal(got.Detail)
				}
			}
			b.ReportMetric(float64(b.N)*float64(len(checker.h))/b.Elapsed().Seconds(), "operations/s")
		})
	}
}
