package sim

import (
	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/workloads"
)

// lies makes the client a writer that lies.
func (c *client) lies(params protocols.ClientParams) {
	c.liar = c.Attack.Writer(c.part(len(c.hosts)+c.index, 0), byzantine.NewFresh(c.Protocol, params))
}

// lie begins an attack with the value, and another. Both WRITEs are in the history, and pending for ever: nobody can say
// when they take effect, if at all.
func (r *run) lie(one []byte, id workloads.ID) {
	two := make([]byte, len(one))
	other := workloads.ID{Client: id.Client, Seq: id.Seq + maxOps}
	values().Fill(two, other, r.key)
	r.writes[r.key]++
	for i, value := range []workloads.ID{id, other} {
		log := history.NewLog(r.client.pid + maxClients*uint64(maxOps+2*r.client.seq+i))
		log.Begin(history.Entry{Seq: 1, Key: r.key, Op: protocols.Write, Start: r.clock, Value: value})
		r.logs = append(r.logs, log)
	}
	r.start(r.liar.Lie(r.key, one, two, protocols.Heap{}), history.Entry{})
}
