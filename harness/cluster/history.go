package cluster

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/testbed"
)

// Journal is the path of a journal of that name for an agent that StartAgent starts.
func (c *Cluster) Journal(name string) string { return filepath.Join(c.folders[c.late], name) }

// SaveHistory gathers the history into one file.
func (c *Cluster) SaveHistory(ctx context.Context, path string, journals ...string) ([]history.Entry, error) {
	all, err := c.History(ctx, journals...)
	if err != nil {
		return nil, err
	}
	return all, history.WriteFile(path, all)
}

// History gathers what the agents recorded, and what journals hold, in memory; SpoolHistory does so for histories of any length.
func (c *Cluster) History(ctx context.Context, journals ...string) (all []history.Entry, err error) {
	err = c.gather(ctx, journals, func(part []history.Entry) error {
		all = append(all, part...)
		return nil
	})
	return all, err
}

// SpoolHistory gathers what the agents recorded, and writes it into a file, unless path is empty. The spool is the caller's to close; a
// file that it needs is where logs are, as folders for temporary files are often in memory.
func (c *Cluster) SpoolHistory(ctx context.Context, path string) (spool *history.Spool, err error) {
	spool = history.NewSpool(filepath.Dir(c.log.Name()))
	defer func() {
		if err != nil {
			err = errors.Join(err, spool.Close())
		}
	}()
	if path == "" {
		return spool, c.gather(ctx, nil, spool.Add)
	}
	w, err := history.NewWriter(path)
	if err != nil {
		return spool, err
	}
	err = c.gather(ctx, nil, func(part []history.Entry) error { return errors.Join(w.Write(part), spool.Add(part)) })
	return spool, errors.Join(err, w.Close())
}

// TakeHistory is History, which the agents forget then: so a cluster can be used for ever. No operation may be in progress.
func (c *Cluster) TakeHistory(ctx context.Context) ([]history.Entry, error) {
	all, err := c.History(ctx)
	if err != nil {
		return nil, err
	}
	_, err = control.CallAll(ctx, c.agents, agent.ForgetCall, control.Nothing{})
	return all, err
}

// gather hands on what the agents recorded, and what journals hold, part by part. Where machines have clocks of their own, every
// operation is made to begin earlier and to end later by as much as these may be off: so no violation is the clocks', and what
// overlaps for sure still does.
func (c *Cluster) gather(ctx context.Context, journals []string, to func([]history.Entry) error) error {
	off := time.Duration(0)
	if machines, ok := c.testbed.(testbed.Machines); ok {
		var err error
		if off, err = machines.Uncertainty(time.Since(c.begun)); err != nil {
			return err
		}
	}
	for _, a := range c.agents {
		for from := 0; ; {
			part, err := control.Call(ctx, a, agent.HistoryCall, from)
			if err != nil {
				return err
			}
			if from += len(part); len(part) == 0 {
				break
			}
			history.Widen(part, off)
			if err := to(part); err != nil {
				return err
			}
		}
	}
	for _, j := range journals {
		part, err := control.Call(ctx, c.agents[len(c.agents)-1], agent.JournalCall, j)
		if err != nil {
			return err
		}
		history.Widen(part, off)
		if err := to(part); err != nil {
			return err
		}
	}
	return nil
}
