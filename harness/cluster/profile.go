package cluster

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/result"
)

// A Profiled process, and what it did in the window of a load.
type Profiled struct {
	Process string // such as "server 1"
	control.Profiles
}

// profile begins to profile all processes. Call stop at the window's end.
func (c *Cluster) profile(ctx context.Context) (stop func() ([]Profiled, error), err error) {
	processes := slices.Concat(c.agents, c.processes())
	if _, err := control.CallAll(ctx, processes, control.StartProfiles, control.Nothing{}); err != nil {
		return nil, err
	}
	return func() ([]Profiled, error) {
		reports, err := control.CallAll(ctx, processes, control.StopProfiles, control.Nothing{})
		if err != nil {
			return nil, err
		}
		all := make([]Profiled, len(processes))
		for i, p := range processes {
			all[i] = Profiled{p.Name, reports[i]}
		}
		return all, nil
	}, nil
}

// SaveProfiles writes the profiles of a load into a new folder, a file for each process and kind.
func (l Loaded) SaveProfiles(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, p := range l.Profiles {
		process := strings.ReplaceAll(p.Process, " ", "-")
		for kind, content := range p.Profiles {
			if err := os.WriteFile(filepath.Join(dir, result.ProfileFile(process, kind)), content, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}
