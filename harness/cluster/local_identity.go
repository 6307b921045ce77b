package cluster

import (
	"net/netip"
	"path/filepath"
	"slices"
	"time"

	"github.com/powbench/powbench/transport/identity"
)

// localLife is how long the certificates of a local cluster last. Each start makes those again that have expired.
const localLife = 365 * 24 * time.Hour

// certs is the folder of the cluster's certificates.
func (l *Local) certs() identity.Folder { return identity.Folder(filepath.Join(l.dir, certsDir)) }

// Certify makes the certificates that the cluster, which has a folder, lacks or that have expired: those of its servers, of a
// writer and of a reader. In the clear it does nothing.
func (l *Local) Certify() error {
	if l.Auth == "" {
		return nil
	}
	names := []identity.Name{{Role: identity.Writer, Number: 1}, {Role: identity.Reader, Number: 1}}
	for i := range l.Servers {
		names = append(names, identity.Name{Role: identity.Server, Number: i + 1})
	}
	_, err := l.certs().Make(names, localLife)
	return err
}

// credentials are those of the name; of nobody in the clear.
func (l *Local) credentials(n identity.Name) (identity.Credentials, error) {
	if l.Auth == "" {
		return identity.Credentials{}, nil
	}
	return l.certs().Credentials(n)
}

// OnLoopback reports whether nobody outside this machine reaches the servers.
func (l *Local) OnLoopback() bool {
	return !slices.ContainsFunc(l.Servers, func(server string) bool {
		addr, err := netip.ParseAddrPort(server)
		return err != nil || !addr.Addr().IsLoopback()
	})
}
