package harness

import (
	"testing"

	"github.com/powbench/powbench/harness/agent"
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
	reports := []agent.MixedReport{
		{Read: agent.MixedKind{Rounds: rounds{{Data: 1, Metadata: 1}: 9, {Data: 1, Metadata: 2}: 1}}},
		{Write: agent.MixedKind{Rounds: rounds{{Data: 1, Metadata: 3}: 9}}},
	}
	if got := longestRead(reports); got != 3 {
		t.Errorf("%d rounds, want 3", got)
	}
	if got := longestRead(nil); got != 0 {
		t.Errorf("%d rounds of no READs", got)
	}
}
