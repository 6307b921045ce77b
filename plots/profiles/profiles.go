// Package profiles says, from the profiles of a run's processes, what the processor's time is spent on. It imports stat,
// frame and harness/result; caption, figures and tables import it.
package profiles

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/google/pprof/profile"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
)

// A Side is one of the two kinds of processes of a run.
type Side struct {
	Name    string
	process string                   // as names of files begin
	CPU     func(result.CPU) float64 // of a point, in seconds
}

// Sides are servers and clients.
var Sides = []Side{
	{"Servers", result.ServerProcess, func(c result.CPU) float64 { return c.Servers }},
	{"Clients", result.AgentProcess, func(c result.CPU) float64 { return c.Clients }},
}

// Spent is what the processor's time went into on one side of a measurement, over all processes and valid runs.
type Spent struct {
	Cell    frame.Cell
	Side    Side
	Samples int64            // of the profiles: the fewer, the less a small share says
	Classes map[string]int64 // samples by class
	Others  map[string]int64 // of what is in no class: samples by innermost function
}

// Share is a class's share of all samples, from 0 to 1.
func (s Spent) Share(class string) float64 { return float64(s.Classes[class]) / float64(s.Samples) }

// Milliseconds is the CPU time of an operation by the kernel's count, in all processes of the side; it needs no profile.
func (s Spent) Milliseconds() float64 {
	return s.Cell.Mean(func(p result.Point) float64 {
		return 1e3 * s.Side.CPU(p.CPUS) / (p.ThroughputOps * p.DurationS)
	})
}

// TopOthers names the functions with most of what is in no class, at most n.
func (s Spent) TopOthers(n int) []string {
	names := slices.SortedFunc(maps.Keys(s.Others), func(a, b string) int {
		return cmp.Or(cmp.Compare(s.Others[b], s.Others[a]), cmp.Compare(a, b))
	})
	return names[:min(n, len(names))]
}

// Of is what the profiles of the cells' valid runs say, servers first; cells without profiles are left out, and so are those
// whose profiles were not kept beside the points.
func Of(cells []frame.Cell) (all []Spent, err error) {
	for _, c := range cells {
		for _, side := range Sides {
			s, err := read(c, side)
			if err != nil {
				return nil, err
			}
			if s.Samples > 0 {
				all = append(all, s)
			}
		}
	}
	return all, nil
}

// read adds up the profiles of one side.
func read(c frame.Cell, side Side) (Spent, error) {
	s := Spent{Cell: c, Side: side, Classes: map[string]int64{}, Others: map[string]int64{}}
	for _, p := range c.Valid {
		if p.Profiles == "" {
			continue
		}
		if !filepath.IsLocal(p.Profiles) {
			return s, fmt.Errorf("%s: profiles in %q, which is not in the set", c.Set.Dir, p.Profiles)
		}
		pattern := filepath.Join(c.Set.Dir, result.ProfileDir, p.Profiles, result.ProfileFile(side.process+"-*", result.CPUProfile))
		paths, err := filepath.Glob(pattern)
		if err != nil {
			return s, err
		}
		for _, path := range paths {
			if err := s.add(path); err != nil {
				return s, fmt.Errorf("%s: %w", path, err)
			}
		}
	}
	return s, nil
}

// add adds the samples of a file.
func (s *Spent) add(path string) error {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	p, err := profile.ParseData(data)
	if err != nil {
		return err
	}
	if len(p.SampleType) == 0 || p.SampleType[0].Type != "samples" {
		return errors.New("this is no profile of the CPU")
	}
	for _, sample := range p.Sample {
		stack, n := functions(sample), sample.Value[0]
		class := classify(stack)
		s.Samples += n
		s.Classes[class] += n
		if class == Other {
			s.Others[append(stack, "unknown")[0]] += n
		}
	}
	return nil
}

// functions is the stack of a sample from the innermost function to the outermost, inlined ones included.
func functions(s *profile.Sample) (stack []string) {
	for _, l := range s.Location {
		for _, line := range l.Line {
			if line.Function != nil {
				stack = append(stack, line.Function.Name)
			}
		}
	}
	return stack
}
