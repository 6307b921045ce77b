package harness

import (
	"slices"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/netem"
)

// A link is right if both directions carry what its rate promises, within the tolerance.
func TestLinkOff(t *testing.T) {
	const want = 941.5 // Mbit/s of payload at 1 Gbit/s
	for _, c := range []struct {
		up, down float64 // of want
		off      bool
	}{
		{1, 1, false}, {0.981, 1.019, false}, {0.979, 1, true}, {1, 0.979, true}, {1.021, 1, true}, {1, 1.021, true},
	} {
		links := []result.Link{
			{Host: "server-1", UpMbps: want, DownMbps: want},
			{Host: "client-1", UpMbps: c.up * want, DownMbps: c.down * want},
		}
		off := linkOff(links, 1e9, 0.02)
		if (off != "") != c.off || c.off && !strings.Contains(off, "client-1") {
			t.Errorf("%v of it up, %v down: %q", c.up, c.down, off)
		}
		if off := linkOff(links, 0, 0.02); off != "" {
			t.Errorf("unshaped: %q", off)
		}
	}
}

// Spread servers need as many hosts as the largest protocol has servers.
func TestServerHosts(t *testing.T) {
	for text, want := range map[string]int{
		"experiment: x\nt: [1, 3]":                                                 1,
		"experiment: x\nt: [1, 3]\ntestbed: {topology: spread}":                    10,
		"experiment: x\nt: [1, 2]\nprotocols: [mabd]\ntestbed: {topology: spread}": 5,
	} {
		if got, err := newRunner(t, text, 0, 0, 0).serverHosts(); err != nil || got != want {
			t.Errorf("%q: %d hosts, %v, want %d", text, got, err, want)
		}
	}
}

func TestLayout(t *testing.T) {
	servers, clients := hostNames(2, 3)
	all := append(slices.Clone(servers), clients...)
	if want := []string{"server-1", "server-2", "client-1", "client-2", "client-3"}; !slices.Equal(all, want) {
		t.Errorf("hosts %v", all)
	}
	var names []string
	l := newLayout(netem.NewLoopback(netem.Topology{Hosts: all}), servers, clients)
	for _, h := range append(l.servers, l.clients...) {
		names = append(names, h.Name)
	}
	if len(l.servers) != 2 || !slices.Equal(names, all) {
		t.Errorf("%d servers, hosts %v", len(l.servers), names)
	}
}
