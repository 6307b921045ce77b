package agent

import (
	"context"
	"errors"

	"github.com/powbench/powbench/harness/client"
	"github.com/powbench/powbench/harness/metrics"
)

// serveMetrics tells at the address what the agent's clients do.
func (a *Agent) serveMetrics(ctx context.Context, addr string) (err error) {
	if a.metrics, err = metrics.Listen(ctx, addr); err != nil {
		return err
	}
	a.metrics.Traffic(a.links.Traffic)
	a.work = a.metrics.Work("operation", "Operations of the clients")
	return nil
}

// outcomeOf names what an operation came to.
func outcomeOf(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, client.ErrPending):
		return "pending"
	}
	return "failed"
}
