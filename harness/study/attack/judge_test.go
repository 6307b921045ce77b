package attack

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/catalog"
	"github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/workloads"
)

// op is an operation on the key "k" that has ended; its timestamp is num, which also names the value.
func op(kind protocols.Op, client, seq uint64, start, end int64, num uint64) history.Entry {
	e := history.Entry{
		Client: client, Seq: seq, Key: "k", Op: kind, Start: start, End: end, Outcome: history.OK,
		Timestamp: protocols.Timestamp{Num: num, PID: 1}, Value: workloads.ID{Client: 1, Seq: num},
	}
	if num == 0 {
		e.Bottom, e.Value, e.Timestamp = true, workloads.ID{}, protocols.Timestamp{}
	}
	return e
}

// corrupted is the READ, if it returned what nobody wrote.
func corrupted(e history.Entry) history.Entry {
	e.Value, e.Bottom = history.Corrupt, false
	return e
}

// pending is the operation, if it did not end or ended with an error.
func pending(e history.Entry) history.Entry {
	e.End, e.Outcome = history.Forever, history.Pending
	return e
}

func TestJudge(t *testing.T) {
	fine := []history.Entry{
		op(protocols.Write, 1, 1, 0, 10, 1), op(protocols.Read, 2, 1, 20, 30, 1), op(protocols.Write, 1, 2, 40, 50, 2),
	}
	and := func(e history.Entry) []history.Entry { return append(slices.Clone(fine), e) }
	for _, c := range []struct {
		name    string
		starves bool
		expect  byzantine.Expectation
		entries []history.Entry
		tally   agent.Tally
		want    map[byzantine.Harm]int64
	}{
		{
			name: "all is well", expect: byzantine.Expectation{Rounds: 2}, entries: fine,
			tally: agent.Tally{Read: agent.Kind{Rounds: twoRounds(1)}},
		},
		{
			name: "a READ misses a WRITE", entries: and(op(protocols.Read, 2, 2, 60, 70, 1)),
			want: map[byzantine.Harm]int64{byzantine.Stale: 1},
		},
		{
			name: "a READ returns what nobody wrote", entries: and(corrupted(op(protocols.Read, 2, 2, 60, 70, 2))),
			tally: agent.Tally{Failed: 1, FirstError: "corrupt value"},
			want:  map[byzantine.Harm]int64{byzantine.Phantom: 1},
		},
		{
			name: "a timestamp runs ahead", entries: and(op(protocols.Write, 1, 1000, 60, 70, 1000)),
			want: map[byzantine.Harm]int64{byzantine.Exhaustion: 1},
		},
		{
			name:    "a WRITE that began later does not account for a timestamp",
			entries: []history.Entry{op(protocols.Write, 1, 2, 0, 10, 2), op(protocols.Write, 3, 3, 20, 30, 3)},
			want:    map[byzantine.Harm]int64{byzantine.Exhaustion: 2},
		},
		{
			name: "operations do not end", entries: fine, tally: agent.Tally{Pending: 3},
			want: map[byzantine.Harm]int64{byzantine.Hang: 3},
		},
		{
			name: "operations fail", entries: fine, tally: agent.Tally{Failed: 2, FirstError: "why"},
			want: map[byzantine.Harm]int64{byzantine.Failure: 2},
		},
		{
			name: "operations fail for want of timestamps", expect: byzantine.Expectation{Harm: byzantine.Exhaustion},
			entries: fine, tally: agent.Tally{Failed: 2}, want: map[byzantine.Harm]int64{byzantine.Exhaustion: 2},
		},
		{
			name: "READs take too many rounds", expect: byzantine.Expectation{Rounds: 2}, entries: fine,
			tally: agent.Tally{Read: agent.Kind{Rounds: rounds{{Metadata: 2}: 9, {Data: 1, Metadata: 2}: 1, {Metadata: 3}: 3}}},
			want:  map[byzantine.Harm]int64{byzantine.TooManyRounds: 4},
		},
		{
			name: "READs may take three rounds", expect: byzantine.Expectation{Rounds: 3}, entries: fine,
			tally: agent.Tally{Read: agent.Kind{Rounds: rounds{{Data: 1, Metadata: 2}: 4}}},
		},
		{
			name: "READs starve beside WRITEs", starves: true, entries: and(pending(op(protocols.Read, 2, 2, 45, 0, 1))),
			tally: agent.Tally{Failed: 1, Starved: 1, FirstError: "why"},
		},
		{
			name: "READs starve though the protocol says that none does", entries: and(pending(op(protocols.Read, 2, 2, 45, 0, 1))),
			tally: agent.Tally{Failed: 1, Starved: 1, FirstError: "why"}, want: map[byzantine.Harm]int64{byzantine.Failure: 1},
		},
		{
			name: "a READ starves that no WRITE met", starves: true, entries: and(pending(op(protocols.Read, 2, 2, 60, 0, 1))),
			tally: agent.Tally{Failed: 1, Starved: 1, FirstError: "why"}, want: map[byzantine.Harm]int64{byzantine.Failure: 1},
		},
		{
			name: "one READ starves and another operation fails", starves: true, entries: and(pending(op(protocols.Read, 2, 2, 45, 0, 1))),
			tally: agent.Tally{Failed: 2, Starved: 1, FirstError: "why"}, want: map[byzantine.Harm]int64{byzantine.Failure: 1},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := findings{starves: c.starves}
			f.judge(c.expect, c.entries, c.tally)
			if !maps.Equal(f.harms, c.want) {
				t.Errorf("found %v (%s), want %v", f.harms, f.first, c.want)
			}
			if (f.first == "") != (len(c.want) == 0) {
				t.Errorf("in words: %q", f.first)
			}
		})
	}
}

// The first harm stays the first.
func TestFindings(t *testing.T) {
	var f findings
	f.find(byzantine.Hang, "one of %d", 3)
	f.count(byzantine.Stale, 0, "nothing")
	f.count(byzantine.Hang, 4, "more")
	if f.first != "hang: one of 3" || !maps.Equal(f.harms, map[byzantine.Harm]int64{byzantine.Hang: 5}) {
		t.Errorf("%q, %v", f.first, f.harms)
	}
}

// A WRITE accounts for the fragment of a value, a READ of M-PoWerStore for no part of it.
func TestAccounted(t *testing.T) {
	const fragment = valueBytes / 2
	entries := []history.Entry{{Op: protocols.Write}, {Op: protocols.Write}, {Op: protocols.Read}}
	want := int64(metadataBytes + 2*(fragment+metadataBytes) + metadataBytes/2)
	if got := accounted(mpowerstore.Protocol{}, 1, entries); got != want {
		t.Errorf("%d bytes, want %d", got, want)
	}
}

// conclude judges against the expectation.
func TestConclude(t *testing.T) {
	stale := []history.Entry{
		op(protocols.Write, 1, 1, 1e6, 2e6, 1), op(protocols.Write, 1, 2, 3e6, 4e6, 2), op(protocols.Read, 2, 1, 5e6, 6e6, 1),
	}
	twice := append(slices.Clone(stale), stale[0])
	for _, c := range []struct {
		name    string
		expect  byzantine.Expectation
		entries []history.Entry
		held    bool
		outcome string
	}{
		{"withstood", byzantine.Expectation{}, stale[:2], true, "withstood"},
		{"caught", byzantine.Expectation{Harm: byzantine.Stale}, stale, true, "caught: stale read"},
		{"not withstood", byzantine.Expectation{}, stale, false, "NOT AS EXPECTED: stale read instead of no harm"},
		{
			"not caught",
			byzantine.Expectation{Harm: byzantine.Stale},
			stale[:2], false,
			"NOT AS EXPECTED: no harm instead of stale read",
		},
		{"beyond", byzantine.Expectation{Beyond: true}, stale, true, "caught: stale read"},
		{"cannot be checked", byzantine.Expectation{}, twice, false, "NOT AS EXPECTED"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr := trial{player: &player{}, expected: c.expect, load: loads[0]}
			out := tr.describeFor(t)
			tr.conclude(&out, c.entries)
			if out.Held != c.held || !strings.HasPrefix(out.Summary(), c.outcome) || !out.Held && out.Detail == "" {
				t.Errorf("held %v, %s, detail %q", out.Held, out.Summary(), out.Detail)
			}
		})
	}
}

// describeFor is the description of a trial of no attack.
func (t *trial) describeFor(tb testing.TB) result.Trial {
	tb.Helper()
	t.T, t.protocol = 1, mpowerstore.Protocol{}
	out := t.describe()
	if out.Servers != 4 || out.Clients != 12 || out.Keys != 16 {
		tb.Fatalf("%+v", out)
	}
	return out
}

type rounds = map[result.Rounds]int64

// twoRounds is n operations of a data and a metadata round.
func twoRounds(n int64) rounds { return rounds{{Data: 1, Metadata: 1}: n} }

// most is an operation of so many requests and bytes to servers.
func most(requests, bytes int64) result.Most {
	return result.Most{Messages: result.Traffic{ClientToServer: requests}, Bytes: result.Traffic{ClientToServer: bytes}}
}

// timingOf is the timing of these times.
func timingOf(ns ...int64) (t agent.Timing) {
	for _, x := range ns {
		t.Add(x)
	}
	return t
}

func TestFillIn(t *testing.T) {
	want := []result.Bucket{{Errors: 1}, {AtMs: 100, Read: result.Ended{Ops: 2, MeanMs: 2, MaxMs: 3}}}
	tally := agent.Tally{
		Read: agent.Kind{
			Ops: 4, Rounds: rounds{{Data: 1, Metadata: 1}: 3, {Data: 1, Metadata: 2}: 1}, Most: most(12, 500),
			Latency: timingOf(1e6, 3e6, 5e6, 3e6),
		},
		Write:   agent.Kind{Ops: 1, Rounds: rounds{{Data: 1, Metadata: 2}: 1}, Latency: timingOf(8e6), Most: most(12, 900)},
		Pending: 3, Failed: 4, Buckets: want,
	}
	out := result.Trial{DurationS: 2}
	fillIn(&out, tally, tally)
	if !reflect.DeepEqual(out.Timeline, want) {
		t.Errorf("timeline %+v\nwant %+v", out.Timeline, want)
	}
	if out.Ops.Reads != 4 || out.Ops.Writes != 1 || out.ThroughputOps != 2.5 ||
		out.ReadRounds["2"] != 3 || out.ReadRounds["3"] != 1 {
		t.Errorf("%+v, %v ops/s, rounds %v", out.Ops, out.ThroughputOps, out.ReadRounds)
	}
	if out.ReadMs.Mean != 3 || !near(out.ReadMs.Max, 5, 0.01) || !near(out.WriteMs.P50, 8, 0.01) {
		t.Errorf("READs %+v, WRITEs %+v", out.ReadMs, out.WriteMs)
	}
	if !maps.Equal(out.ReadKinds, tally.Read.Rounds) || !maps.Equal(out.WriteKinds, tally.Write.Rounds) {
		t.Errorf("READs %v, WRITEs %v", out.ReadKinds, out.WriteKinds)
	}
	if out.ReadMost != most(12, 500) || out.WriteMost != most(12, 900) || out.Ops.Pending != 3 || out.Ops.Failed != 4 {
		t.Errorf("READs %+v, WRITEs %+v, %+v", out.ReadMost, out.WriteMost, out.Ops)
	}
}

func TestLongestGap(t *testing.T) {
	entries := []history.Entry{
		op(protocols.Read, 1, 1, 0, 50, 0), op(protocols.Read, 1, 2, 100, 130, 0),
		op(protocols.Read, 2, 1, 110, 160, 0), op(protocols.Read, 2, 2, 400, 900, 0),
		{Op: protocols.Read, Start: 170, End: history.Forever, Outcome: history.Pending},
	}
	for _, c := range []struct{ from, to, want int64 }{{100, 500, 340}, {100, 170, 30}, {0, 1000, 740}, {200, 300, 100}} {
		if got := longestGap(entries, c.from, c.to); got != float64(c.want)/1e6 {
			t.Errorf("from %d to %d: %v ms, want %d ns", c.from, c.to, got, c.want)
		}
	}
}

func TestTell(t *testing.T) {
	tr := &trial{player: &player{baseline: map[string]float64{"mabd": 200}}, attack: byzantine.Attack{ID: "B2"}}
	out := result.Trial{
		Protocol: "mabd", Attack: "B2", Name: "stale", Held: true, ThroughputOps: 150,
		Harms:  map[string]int64{"stale read": 1},
		ReadMs: result.Latency{P99: 1.25}, WriteMs: result.Latency{P99: 2},
	}
	const want = "caught: stale read; 150 ops/s (75 %), p99 of READs 1.2 ms, of WRITEs 2.0 ms"
	if got := tr.tell(out); got != want {
		t.Errorf("%q\nwant %q", got, want)
	}
	out.Held, out.Detail, out.Expected = false, "who and when", "no harm"
	if got := tr.tell(out); !strings.HasSuffix(got, "; who and when") || !strings.Contains(got, "instead of no harm") {
		t.Errorf("%q", got)
	}
	if got := tr.tell(result.Trial{Held: true, Skipped: "no links"}); got != "skipped: no links" {
		t.Errorf("%q", got)
	}
}

func protocolOf(t *testing.T, name string) protocols.Protocol {
	t.Helper()
	p, err := catalog.ByName(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// near reports whether got is want but for rounding.
func near(got, want, tolerance float64) bool { return got >= want-tolerance && got <= want+tolerance }
