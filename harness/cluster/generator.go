package cluster

import (
	"context"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/model"
	"github.com/powbench/powbench/harness/node"
)

// A generator is the processes that make a load.
type generator interface {
	// run makes the load and returns what it came to.
	run(ctx context.Context, spec agent.Spec) (agent.Tally, error)
	// ended is how many operations have ended in the window.
	ended(ctx context.Context) (int64, error)
	// close says when the window ends.
	close(ctx context.Context, ns int64) error
}

// agents make a load by operations.
type agents []*control.Client

func (a agents) run(ctx context.Context, spec agent.Spec) (agent.Tally, error) {
	return sum(control.CallAll(ctx, a, agent.LoadCall, spec))
}

func (a agents) ended(ctx context.Context) (int64, error) {
	return added(control.CallAll(ctx, a, agent.EndedCall, control.Nothing{}))
}

func (a agents) close(ctx context.Context, ns int64) error {
	_, err := control.CallAll(ctx, a, agent.CloseCall, ns)
	return err
}

// added is the sum of what processes counted.
func added(counts []int64, err error) (sum int64, _ error) {
	for _, n := range counts {
		sum += n
	}
	return sum, err
}

// committers are servers' processes that make a load of their own databases: no agent takes part.
type committers struct {
	servers []*control.Client
	batches [][][]model.Stored // by server
}

// ended counts a WRITE when each server has committed its batches, on average.
func (c committers) ended(ctx context.Context) (int64, error) {
	n, err := added(control.CallAll(ctx, c.servers, node.CommittedCall, control.Nothing{}))
	return n / int64(len(c.servers)), err
}

func (c committers) close(ctx context.Context, ns int64) error {
	_, err := control.CallAll(ctx, c.servers, node.CloseCall, ns)
	return err
}

func (c committers) run(ctx context.Context, spec agent.Spec) (t agent.Tally, err error) {
	all, err := control.CallAll(ctx, c.servers, node.CommitCall, node.Committing{
		Batches: c.batches, Committers: spec.Clients, Keys: spec.Keys, Seed: spec.Seed,
		StartNs: spec.StartNs, WarmupEndNs: spec.WarmupEndNs, LatestNs: max(spec.EndNs, spec.LatestNs),
	})
	if err != nil {
		return t, err
	}
	return committed(all, spec), nil
}

// committed sums up what the servers have committed as if it were WRITEs of clients: a WRITE at each server is one by
// 1/servers. The latencies are those of every server.
func committed(all []node.Commits, spec agent.Spec) (t agent.Tally) {
	servers := int64(len(all))
	ended := int64(0)
	for _, c := range all {
		for _, s := range c.Spans {
			inside := max(0, min(s.End, c.EndNs)-max(s.Start, spec.WarmupEndNs))
			t.Write.Work += float64(inside) / float64(max(1, s.End-s.Start)) / float64(servers)
			t.BusyNs += inside
			t.LongestNs, t.LastNs = max(t.LongestNs, s.End-s.Start), max(t.LastNs, s.End)
			if s.End < c.EndNs {
				t.Write.Latency.Add(s.End - s.Start)
				ended++
			}
		}
	}
	t.BusyNs /= servers
	t.Write.Ops = ended / servers
	return t
}
