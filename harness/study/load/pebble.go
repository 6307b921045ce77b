package load

import (
	"context"

	"github.com/powbench/powbench/harness/cluster"
	"github.com/powbench/powbench/harness/model"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols/catalog"
	"github.com/powbench/powbench/workloads"
)

// commitAll has the servers commit, each to Pebble alone, what a WRITE of the variant stores at each of them.
func (m *measurement) commitAll(ctx context.Context, c *cluster.Cluster, p *result.Point) (l cluster.Loaded, err error) {
	namesake, err := catalog.ByName(p.Variant)
	if err != nil {
		return l, err
	}
	batches, err := model.Batches(model.Case{
		Protocol: namesake, Suite: p.Suite, T: p.T, ValueBytes: p.ValueBytes, KeyBytes: len(workloads.KeyName(0)),
	})
	if err != nil {
		return l, err
	}
	return c.Commit(ctx, m.ownLoad(p), batches)
}
