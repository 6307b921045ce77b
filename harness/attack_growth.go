package harness

import (
	"context"

	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/node"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/targeted"
)

// What a server stores for an operation besides the value, in bytes, is less than this: twice what any protocol takes.
const metadataBytes = 1024

// accounted is how many bytes operations may have a server store: the protocol's share of the value for each that
// brings one, and metadata.
func accounted(p protocols.Protocol, t int, entries []history.Entry) int64 {
	if few, ok := p.(targeted.Protocol); ok {
		p = few.Protocol // a server may be in the quorums of all keys
	}
	share := func(op protocols.Op) int64 {
		return int64(p.Traits(t).Cost(op).ClientToServers / float64(p.Traits(t).Servers) * attackValueBytes)
	}
	read, write := share(protocols.Read), share(protocols.Write)
	sum := int64(metadataBytes)
	for _, e := range entries {
		if e.Op == protocols.Write {
			sum += write + metadataBytes
		} else {
			sum += read + metadataBytes/2
		}
	}
	return sum
}

// judgeGrowth finds correct servers that were made to store more than the operations account for.
func (t *trial) judgeGrowth(ctx context.Context, entries []history.Entry) error {
	most := accounted(t.protocol, t.T, entries)
	for i, p := range t.cluster.servers {
		if t.cluster.nodes[i].Attack != "" || p.MayEnd() {
			continue
		}
		m, err := control.Call(ctx, p, node.StatsCall, control.Nothing{})
		if err != nil {
			return err
		}
		if m.AppliedBytes > most {
			t.find(byzantine.Growth, "%s was made to store %d bytes, %d operations account for %d at most",
				p.Name, m.AppliedBytes, len(entries), most)
		}
	}
	return nil
}
