package agent

import (
	"errors"
	"fmt"
	"sync"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
)

// issued is where an agent's clients keep the timestamps they issued, if each key has one writer. It outlives their
// incarnations and, with a journal, the agent.
type issued struct {
	mu      sync.Mutex
	last    protocols.Remembered
	journal *journal
}

// Last implements protocols.Issued.
func (i *issued) Last(key protocols.Key) (uint64, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.last.Last(key)
}

// Keep implements protocols.Issued.
func (i *issued) Keep(key protocols.Key, num uint64) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	return errors.Join(i.journal.record(journalLine{Issued: &issuedTimestamp{key, num}}), i.last.Keep(key, num))
}

// toWrite is what a client does that drew one of the first so many keys for a WRITE. Where a key has one writer, it
// writes one of its own instead, which are its index modulo the number of clients; if it has none it READs the one it
// drew.
func (a *Agent) toWrite(c *loadClient, key, keys int) (protocols.Op, int) {
	if a.protocol.Traits(1).Writers != protocols.One {
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
func (a *Agent) checkWriters(spec LoadSpec) error {
	switch {
	case a.protocol.Traits(1).Writers != protocols.One || spec.Op == protocols.Read && spec.BackgroundShare == 0:
		return nil
	case spec.KeyModel == result.Hot:
		return fmt.Errorf("%s allows one writer of a key, the hot key has many: choose the key model %q",
			a.cfg.Protocol, result.Uniform)
	case spec.Op == protocols.Write && spec.Keys < spec.Clients:
		return fmt.Errorf("%s allows one writer of a key: give at least as many keys as the %d clients, not %d",
			a.cfg.Protocol, spec.Clients, spec.Keys)
	}
	return nil
}
