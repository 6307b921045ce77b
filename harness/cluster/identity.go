package cluster

import (
	"time"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/transport/identity"
)

// AsReader is the configuration of an agent whose clients may only read: they have the keys and the certificate of readers.
func (c *Cluster) AsReader(cfg agent.Config) agent.Config {
	cfg.Keys, cfg.Identity = c.readers, c.reader
	return cfg
}

// certificateLife is longer than any run takes.
const certificateLife = 30 * 24 * time.Hour

// issue makes an authority for this run alone, if TLS is asked for, and certificates for the agents, who are writers, for readers, and
// for so many servers, which it returns.
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
	if c.reader, err = a.Issue(identity.Name{Role: identity.Reader, Number: 1}, certificateLife); err != nil {
		return nil, err
	}
	for i := range all {
		if all[i], err = a.Issue(identity.Name{Role: identity.Server, Number: i + 1}, certificateLife); err != nil {
			return nil, err
		}
	}
	return all, nil
}
