package cluster

import (
	"context"
	"math"
	"time"

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/node"
	"github.com/powbench/powbench/storage"
)

// A Sample is what each server's process used and what its database had done at one instant.
type Sample struct {
	Ns        int64 // on the run's clock, when it was asked for
	Used      []control.Used
	Databases []storage.Metrics
}

// Agents is what each agent's process uses.
func (c *Cluster) Agents(ctx context.Context) ([]control.Used, error) {
	return control.CallAll(ctx, c.agents, control.Usage, control.Nothing{})
}

// Sample asks all servers at once.
func (c *Cluster) Sample(ctx context.Context) (s Sample, err error) {
	s.Ns = clock.Now()
	if s.Used, err = control.CallAll(ctx, c.processes(), control.Usage, control.Nothing{}); err != nil {
		return s, err
	}
	s.Databases, err = control.CallAll(ctx, c.processes(), node.StatsCall, control.Nothing{})
	return s, err
}

// sampleWindow takes a sample when the window begins and at the end of each whole interval in it, or none without an
// interval. While it does, it is decided when the window ends.
func (c *Cluster) sampleWindow(ctx context.Context, from int64, every time.Duration, decided <-chan int64) (all []Sample, err error) {
	if every == 0 {
		return nil, nil
	}
	ends := int64(math.MaxInt64)
	for at := from; at <= ends; {
		select {
		case ends = <-decided:
			continue
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Duration(at - clock.Now())):
		}
		select {
		case ends = <-decided: // perhaps long ago, if the last sample took long
			continue
		default:
		}
		s, err := c.Sample(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
		at += int64(every)
	}
	return all, nil
}
