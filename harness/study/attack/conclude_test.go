package attack

import (
	"maps"
	"reflect"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/catalog"
	"github.com/powbench/powbench/protocols/mpowerstore"
)

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

func TestFillLoad(t *testing.T) {
	want := []result.Bucket{{Errors: 1}, {AtMs: 100, Read: result.Ended{Ops: 2, MeanMs: 2, MaxMs: 3}}}
	tally := agent.Tally{
		Read: agent.Kind{
			Ops: 4, Rounds: rounds{{Data: 1, Metadata: 1}: 3, {Data: 1, Metadata: 2}: 1}, Most: most(12, 500),
			Latency: agent.TimingOf(1e6, 3e6, 5e6, 3e6),
		},
		Write:   agent.Kind{Ops: 1, Rounds: rounds{{Data: 1, Metadata: 2}: 1}, Latency: agent.TimingOf(8e6), Most: most(12, 900)},
		Pending: 3, Failed: 4, Buckets: want,
	}
	out := result.Trial{DurationS: 2}
	fillLoad(&out, tally)
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
	fillAll(&out, tally)
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
	if got := tr.tell(out); !strings.Contains(got, "\n    who and when\n") || !strings.Contains(got, "instead of no harm") {
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
