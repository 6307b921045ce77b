package report

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/stat"
)

// A trial is one trial's details.
type trial struct {
	result.Trial
	Run     *run
	Facts   []fact
	History file
	Again   string
}

func newTrial(t result.Trial, runs runs) *trial {
	out := &trial{Trial: t}
	for set, r := range runs {
		if slices.ContainsFunc(set.Trials, func(o result.Trial) bool {
			return o.Protocol == t.Protocol && o.Attack == t.Attack
		}) {
			out.Run = r
		}
	}
	out.History = out.Run.history(t.History)
	out.Again = attackAgain(out.Run, t)
	say := func(name, value string) {
		if value != "" && value != unknown {
			out.Facts = append(out.Facts, fact{name, []string{value}})
		}
	}
	say("came of it", t.Summary())
	say("in detail", t.Detail)
	say("servers", strconv.Itoa(t.Servers))
	say("values", fmt.Sprintf("%d bytes", t.ValueBytes))
	say("clients, keys", fmt.Sprintf("%d, %d", t.Clients, t.Keys))
	say("duration", number(t.DurationS)+" s")
	say("operations", fmt.Sprintf("%d READs, %d WRITEs, %d pending, %d failed",
		t.Ops.Reads, t.Ops.Writes, t.Ops.Pending, t.Ops.Failed))
	say("READs by rounds", roundsOf(t.ReadRounds))
	say("by rounds with data (D), without (d)", kindsOf(t.ReadKinds))
	say("WRITEs likewise", kindsOf(t.WriteKinds))
	say("READ latency, ms", percentiles(t.ReadMs, t.Ops.Reads))
	say("WRITE latency, ms", percentiles(t.WriteMs, t.Ops.Writes))
	say("linearizable", verdict(t.Linearizable))
	say("seed", strconv.FormatUint(t.Seed, 10))
	say("started", t.Started)
	return out
}

func percentiles(l result.Latency, operations int64) string {
	if l.Mean == 0 {
		return ""
	}
	return fmt.Sprintf("mean %s, p50 %s, p90 %s, p99 %s, p99.9 %s, max %s", number(l.Mean), percentile(l.P50, 0.5, operations),
		percentile(l.P90, 0.9, operations), percentile(l.P99, 0.99, operations), percentile(l.P999, 0.999, operations), number(l.Max))
}

// percentile is that of so many operations, or why it is not shown.
func percentile(ms, share float64, operations int64) string {
	p := frame.PercentileOf(share, ms, operations)
	if p.Known() {
		return number(ms)
	}
	return stat.Missing + " (" + p.Lacks() + ")"
}
