package experiment

import (
	"slices"
	"testing"

	"github.com/powbench/powbench/harness/result"
)

// A mix takes as long as its operations do on average, preloads its keys and reads some back.
func TestEstimateOfMixes(t *testing.T) {
	of := func(load string) (estimates []float64) {
		for _, protocol := range []string{"mpowerstore", "mabd", "phalanx"} {
			e := mustLoad(t, "experiment: a\nprotocols: ["+protocol+"]\nclients: [8]\n"+load)
			p, err := e.pace(e.Cells()[0].Series)
			if err != nil {
				t.Fatal(err)
			}
			estimates = append(estimates, p.loadTime().Seconds(), p.preloadTime(8).Seconds())
		}
		return estimates
	}
	reads, writes, mixed := of("operations: [read]"), of("operations: [write]"), of("mix: 50% read")
	for i := range reads {
		if preload := i%2 == 1; preload && (mixed[i] != reads[i] || writes[i] != 0) {
			t.Errorf("preload of %v s, %v s and %v s", reads[i], writes[i], mixed[i])
		} else if !preload && mixed[i] > max(reads[i], writes[i]) {
			t.Errorf("operations of %v s, %v s and %v s", reads[i], writes[i], mixed[i])
		}
	}
	checkGrows(t, "clients: [4]\noperations: [read]", "clients: [4]\noperations: [read]\nmix: 50% read")
	checkGrows(t, "clients: [4]\narrival: {rates: [50/s]}", "clients: [4]\narrival: {rates: [50/s]}\nobjective: {p99: 20ms}")
	checkGrows(t, "clients: [4]", "clients: [4]\nattack: [none, B1]")
}

// Whatever the words, an attack is one that servers make all the time, and each protocol has those that it is to withstand.
func TestAttackedCells(t *testing.T) {
	e := mustLoad(t, "experiment: a\nprotocols: [mpowerstore, mabd, null+mabd]\noperations: [read]\nclients: [4]\nattack: all")
	under := map[string][]string{}
	for _, c := range e.Cells() {
		under[c.FullName()] = append(under[c.FullName()], c.Attack)
	}
	if got := under["mabd"]; !slices.Equal(got, []string{"", "B1", "B9"}) {
		t.Errorf("M-ABD is attacked by %q", got)
	}
	if got := under["mpowerstore"]; len(got) < 8 || !slices.Contains(got, "B6") || slices.Contains(got, "B12") || slices.Contains(got, "W1") {
		t.Errorf("M-PoWerStore is attacked by %q", got)
	}
	if !slices.Equal(e.Attack, attackIDs()) || Withstands(result.Series{Protocol: "mabd", Attack: "B2"}) {
		t.Errorf("all are %q", e.Attack)
	}
}
