package plots

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/powbench/powbench/harness/result"
)

// TrialList tabulates the trials of the sets one by one, those that were not played too. The table is empty without
// trials.
func TrialList(sets []*result.Set) (Table, error) {
	t := Table{
		Title: "Trials",
		Header: []string{
			"protocol", "attack", "came of it", "expected", "t", "clients", "ops/s", "of fault-free", "READ rounds",
			"READ mean ms", "p99 ms", "WRITE mean ms", "p99 ms", "longest gap ms", "linearizable",
		},
	}
	trials, err := trialsOf(sets)
	for _, x := range trials {
		if x.Schema == 0 {
			continue // trialsOf added it: no file has it
		}
		t.Rows = append(t.Rows, trialRow(x, trials))
		t.Trials = append(t.Trials, x.Trial)
	}
	return t, err
}

func trialRow(x trial, trials []trial) []string {
	came, share := "not played", missing
	if x.played() {
		came = x.verdict()
		if text := throughput(x, trials); strings.HasSuffix(text, "%") {
			share = text
		}
	}
	return []string{
		protocolName(x.Protocol), attackName(x.Attack, []trial{x}), came, orDash(x.Expected), strconv.Itoa(x.T),
		strconv.Itoa(x.Clients), orMissing(x.ThroughputOps), share, orDash(x.rounds()),
		orMissing(x.ReadMs.Mean), orMissing(x.ReadMs.P99), orMissing(x.WriteMs.Mean), orMissing(x.WriteMs.P99),
		orMissing(x.LongestGapMs), cmp.Or(x.Linearizable.Verdict, missing),
	}
}
