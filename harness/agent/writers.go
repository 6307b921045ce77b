package agent

import (
	"fmt"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
)

// toWrite returns the operation and key of a client that drew one of the first so many keys for a WRITE. Where a key has
// one writer, the client writes a key of its own instead, one that is its index modulo the number of clients; without
// such a key it READs the one it drew.
func (a *Agent) toWrite(c *loadClient, key, keys int) (protocols.Op, int) {
	if a.is.Writers != protocols.One {
		return protocols.Write, key
	}
	owner := c.index % a.cfg.Clients // the background writer is beyond them; it writes for the first while that reads
	own := key - key%a.cfg.Clients + owner
	if own >= keys {
		own -= a.cfg.Clients
	}
	if own < 0 {
		return protocols.Read, key
	}
	return protocols.Write, own
}

// checkWriters says why the load cannot be run where a key has one writer.
func (a *Agent) checkWriters(spec Spec) error {
	switch {
	case a.is.Writers != protocols.One || spec.WriteShare == 0 && spec.BackgroundShare == 0 || spec.Faulty:
		return nil
	case spec.KeyModel == result.Hot:
		return fmt.Errorf("%s allows one writer of a key, the hot key has many: choose the key model %q",
			a.cfg.Protocol, result.Uniform)
	case spec.WriteShare > 0 && spec.Keys < spec.Clients:
		return fmt.Errorf("%s allows one writer of a key: give at least as many keys as the %d clients, not %d",
			a.cfg.Protocol, spec.Clients, spec.Keys)
	}
	return nil
}
