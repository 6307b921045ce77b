package cluster

import (
	"time"

	"github.com/powbench/powbench/transport/identity"
)

// certificateLife is longer than any run takes.
const certificateLife = 30 * 24 * time.Hour

// issue makes an authority for this run alone, if TLS is asked for, and certificates for the agents, who are writers, and for so
// many servers, which it returns.
func (c *Cluster) issue(servers int) ([]identity.Credentials, error) {
	all := make([]identity.Credentials, servers)
	if !c.spec.TLS {
		return all, nil
	}
	a, err := identity.NewAuthority(certificateLife)
	if err != nil {
		return nil, err
	}
	if c.writer, err = a.Issue(identity.Name{Role: identity.Writer, Number: 1}, certificateLife); err != nil {
		return nil, err
	}
	for i := range all {
		if all[i], err = a.Issue(identity.Name{Role: identity.Server, Number: i + 1}, certificateLife); err != nil {
			return nil, err
		}
	}
	return all, nil
}
