package attack

import (
	"testing"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/cluster"
)

// Clients crowd where liars may bring a third round about.
func TestCrowds(t *testing.T) {
	for _, c := range []struct {
		attack, protocol string
		want             bool
	}{
		{"B6", "mpowerstore", true},
		{"B6", "mpowerstore+signed", true},
		{"B6", "powerstore", false},
		{"B6", "phalanx", false},
		{"B1", "mpowerstore", false},
		{"R5", "mpowerstore", false},
	} {
		if got := crowds(mustAttack(c.attack), protocolOf(t, c.protocol)); got != c.want {
			t.Errorf("%s on %s: %v", c.attack, c.protocol, got)
		}
	}
}

func TestLongestRead(t *testing.T) {
	tally := agent.Tally{
		Read:  agent.Kind{Rounds: rounds{{Data: 1, Metadata: 1}: 9, {Data: 1, Metadata: 2}: 1}},
		Write: agent.Kind{Rounds: rounds{{Data: 1, Metadata: 3}: 9}},
	}
	if got := longestRead(tally); got != 3 {
		t.Errorf("%d rounds, want 3", got)
	}
	if got := longestRead(agent.Tally{}); got != 0 {
		t.Errorf("%d rounds of no READs", got)
	}
}

// Those that follow a writer that died are other processes that remember; against D5 they are not, or do not.
func TestMortal(t *testing.T) {
	for _, c := range []struct {
		attack, protocol     string
		samePID, sameJournal bool
	}{
		{"W1", "mpowerstore", false, true},
		{"W1", "powerstore", false, true},
		{"W3", "mpowerstore", true, true},
		{"W3", "powerstore", false, false},
	} {
		tr := newTrial(t, c.attack, c.protocol)
		tr.cluster = new(cluster.Cluster)
		first, second := tr.mortal(agent.Config{}, 0), tr.mortal(agent.Config{}, 1)
		if (first.FirstPID == second.FirstPID) != c.samePID || (first.Journal == second.Journal) != c.sameJournal {
			t.Errorf("%s on %s: process ids from %d and %d, journals %s and %s", c.attack, c.protocol,
				first.FirstPID, second.FirstPID, first.Journal, second.Journal)
		}
		if len(tr.journals) == 0 || first.FirstPID <= clients {
			t.Errorf("%s on %s: journals %v, first process id %d", c.attack, c.protocol, tr.journals, first.FirstPID)
		}
	}
}
