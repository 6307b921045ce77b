package plots

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/powbench/powbench/harness/result"
)

// checkTrial refuses what no trial can be.
func checkTrial(t result.Trial) error {
	if t.Protocol == "" || t.Attack == "" {
		return errors.New("a trial needs a protocol and an attack")
	}
	if t.T < 1 || t.ValueBytes < 1 || t.Clients < 1 || t.Keys < 1 {
		return fmt.Errorf("t = %d, value_bytes = %d, clients = %d and keys = %d must be at least 1",
			t.T, t.ValueBytes, t.Clients, t.Keys)
	}
	for _, x := range []float64{t.ThroughputOps, t.DurationS, t.ReadMs.P50, t.ReadMs.P99, t.WriteMs.P50, t.WriteMs.P99} {
		if x < 0 {
			return fmt.Errorf("throughput, duration and latencies must be at least 0, not %v", x)
		}
	}
	ordered := func(a, b result.Bucket) int { return cmp.Compare(a.AtMs, b.AtMs) }
	if !slices.IsSortedFunc(t.Timeline, ordered) {
		return errors.New("the buckets of the timeline are not in the order of time")
	}
	return nil
}

// alike refuses trials of one figure or table that differ in what it does not tell apart.
func alike(trials []trial) error {
	for _, of := range []func(t trial) string{
		func(t trial) string { return "t = " + strconv.Itoa(t.T) },
		func(t trial) string { return sizeName(t.ValueBytes) + " values" },
		func(t trial) string { return count(t.Clients, "client") },
		func(t trial) string { return count(t.Keys, "key") },
		func(t trial) string { return testbedName(t.set.Manifest.Testbed) },
	} {
		for _, t := range trials {
			if a, b := of(trials[0]), of(t); a != b {
				return fmt.Errorf("%s in %s but %s in %s: they do not belong together, plot each into a folder of its own",
					a, trialsFile(trials[0].set), b, trialsFile(t.set))
			}
		}
	}
	return nil
}
