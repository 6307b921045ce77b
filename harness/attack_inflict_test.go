package harness

import "testing"

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
		tr := onLoopback(t, c.attack, c.protocol)
		tr.cluster = &cluster{spec: clusterSpec{protocol: tr.protocol}, hosts: tr.hosts}
		first, second := tr.mortal(0), tr.mortal(1)
		if (first.FirstPID == second.FirstPID) != c.samePID || (first.Journal == second.Journal) != c.sameJournal {
			t.Errorf("%s on %s: process ids from %d and %d, journals %s and %s", c.attack, c.protocol,
				first.FirstPID, second.FirstPID, first.Journal, second.Journal)
		}
		if len(tr.journals) == 0 || first.FirstPID <= attackClients {
			t.Errorf("%s on %s: journals %v, first process id %d", c.attack, c.protocol, tr.journals, first.FirstPID)
		}
	}
}
