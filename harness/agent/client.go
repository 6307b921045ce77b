package agent

import (
	"cmp"
	"crypto/rand"

	"github.com/powbench/powbench/harness/client"
	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/transport"
)

// IncarnationPIDs is how far apart the process ids of a client's incarnations are.
const IncarnationPIDs = 1_000_000

// loadClient is one client of a load. Of its operations at most one is in progress.
type loadClient struct {
	index  int    // in the run, from 0
	pid    uint64 // of its present incarnation (D5)
	links  *transport.Links
	client *client.Client
	logs   []*history.Log // one for each incarnation
	seq    uint64         // of the last operation
}

// newClient returns the client in its first incarnation.
func (a *Agent) newClient(links *transport.Links, index int) *loadClient {
	c := &loadClient{index: index, links: links}
	a.become(c, cmp.Or(a.cfg.FirstPID, 1)+uint64(index))
	return c
}

// incarnate makes the client another process. One that gave up an operation must not go on as the same: an operation of
// its own on the key is in progress, perhaps for ever (D5).
func (a *Agent) incarnate(c *loadClient) { a.become(c, c.pid+IncarnationPIDs) }

func (a *Agent) become(c *loadClient, pid uint64) {
	register := a.protocol.NewRegister(protocols.ClientParams{
		T: a.cfg.T, PID: pid, Suite: a.primitives, Keys: a.cfg.Keys, Entropy: rand.Reader, Issued: &a.issued,
	})
	c.pid, c.seq = pid, max(c.seq, a.begun[pid])
	c.client = client.New(c.links, a.corrupt(register, pid), a.protocol.Traits(a.cfg.T).LyingServers)
	c.logs = append(c.logs, history.NewLog(pid))
}

// number is the client's in the run, from 1.
func (c *loadClient) number() uint64 { return uint64(c.index) + 1 }

// log is that of the present incarnation.
func (c *loadClient) log() *history.Log { return c.logs[len(c.logs)-1] }
