package harness

import (
	"errors"
	"strings"
	"testing"

	"github.com/powbench/powbench/netem"
)

// onLoopback is a trial of the attack on the protocol where there are no namespaces.
func onLoopback(t *testing.T, attack, protocol string) *trial {
	t.Helper()
	servers, clients := hostNames(3, attackAgents)
	tb := netem.NewLoopback(netem.Topology{Hosts: append(servers, clients...)})
	t.Cleanup(func() { _ = tb.Close() })
	a, err := AttackByID(attack)
	if err != nil {
		t.Fatal(err)
	}
	return &trial{
		attacker: &attacker{hosts: newLayout(tb, servers, clients)}, attack: a, expected: a.Expected(protocolOf(t, protocol)),
		protocol: protocolOf(t, protocol),
	}
}

func TestSkip(t *testing.T) {
	for _, c := range []struct{ attack, protocol, want string }{
		{"N1", "mpowerstore", "no links to cut"},
		{"B2", "mabd", "no links to cut"},
		{"B2", "phalanx", ""},
		{"none", "mabd", ""},
	} {
		got := onLoopback(t, c.attack, c.protocol).skip()
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s on %s: %q, want %q in it", c.attack, c.protocol, got, c.want)
		}
	}
}

// The network that delays and reorders is one that netem takes; where the kernel cannot, the trial is skipped.
func TestUnrulyNetwork(t *testing.T) {
	tr := onLoopback(t, "N3", "mabd")
	able := netem.CanDelay()
	if skipped := tr.skip() != ""; skipped != (able != nil) {
		t.Errorf("skipped: %v, though the kernel says %v", skipped, able)
	}
	hosts, release, err := tr.network(t.Context())
	switch {
	case err == nil:
		if len(hosts.servers) != 3 || len(hosts.clients) != attackAgents {
			t.Errorf("hosts %+v", hosts)
		}
		if err := release(); err != nil {
			t.Error(err)
		}
	case able == nil, !errors.Is(err, netem.ErrUnsupported) && !errors.Is(err, netem.ErrNotPermitted):
		t.Errorf("network: %v, CanDelay: %v", err, able)
	}
}
