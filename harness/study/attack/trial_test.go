package attack

import (
	"errors"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/study"
	"github.com/powbench/powbench/harness/testbed"
	"github.com/powbench/powbench/netem"
	"github.com/powbench/powbench/netem/guest"
)

// newTrial is a trial of the attack on the protocol, on a testbed that has no links to rule.
func newTrial(t *testing.T, attack, protocol string) *trial {
	t.Helper()
	a, err := ByID(attack)
	if err != nil {
		t.Fatal(err)
	}
	p := &player{bench: &study.Bench{}, testbed: testbed.Spec{Servers: 3, Clients: Agents, RateBits: 1e9}}
	p.Scratch = t.TempDir()
	return &trial{player: p, attack: a, expected: a.Expected(protocolOf(t, protocol)), protocol: protocolOf(t, protocol)}
}

func TestSkip(t *testing.T) {
	for _, c := range []struct{ attack, protocol, want string }{
		{"N1", "mpowerstore", "no links to cut"},
		{"B2", "mabd", "no links to cut"},
		{"B2", "phalanx", ""},
		{"none", "mabd", ""},
	} {
		got := newTrial(t, c.attack, c.protocol).skip()
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s on %s: %q, want %q in it", c.attack, c.protocol, got, c.want)
		}
	}
}

// The network that delays and reorders is one that netem takes; where the kernel cannot, the trial is skipped.
func TestUnrulyNetwork(t *testing.T) {
	tr := newTrial(t, "N3", "mabd")
	able := testbed.CanDelay()
	_, lacking := guest.Find()
	if skipped := tr.skip() != ""; skipped != (able != nil && lacking != nil) {
		t.Errorf("skipped: %v, though the kernel says %v", skipped, able)
	}
	tb, release, err := tr.network(t.Context())
	switch {
	case err == nil:
		if servers, clients := tb.Hosts(); len(servers) != 3 || len(clients) != Agents {
			t.Errorf("hosts %v, %v", servers, clients)
		}
		if err := release(); err != nil {
			t.Error(err)
		}
	case able == nil, !errors.Is(err, netem.ErrUnsupported) && !errors.Is(err, netem.ErrNotPermitted):
		t.Errorf("network: %v, CanDelay: %v", err, able)
	}
}
