package node

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/transport/identity"
)

func authority(t *testing.T) *identity.Authority {
	t.Helper()
	a, err := identity.NewAuthority(time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Over TLS, clients and servers of a protocol whose servers talk understand each other as without, and servers go on without one
// of them.
func TestServersOverTLS(t *testing.T) {
	for _, protocol := range []string{"mpowerstore", "avid"} {
		t.Run(protocol, func(t *testing.T) {
			c := newClusterOf(t, protocol, authority(t))
			for _, n := range c.nodes {
				if _, err := n.Connect(t.Context(), c.addrs()); err != nil {
					t.Fatal(err)
				}
			}
			c.write("k", strings.Repeat("first", 50_000))
			c.wantValue("k", strings.Repeat("first", 50_000))
			if n := c.nodes[0]; n.talks() {
				if bytes, err := n.Between(c.soon(), control.Nothing{}); bytes == 0 || err != nil {
					t.Errorf("servers exchanged %d bytes, %v", bytes, err)
				}
			}
		})
	}
}

// A server does not start with another's certificate.
func TestCertificateOfAnother(t *testing.T) {
	c := newClusterOf(t, "mabd", authority(t))
	cfg := c.configs[0]
	cfg.Identity = c.credentials(identity.Server, 1)
	n, err := Start(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err == nil {
		_ = n.Close()
	}
	if !says(err, "server 1: the certificate is of server 2, not of server 1") {
		t.Errorf("the error is %v", err)
	}
}
