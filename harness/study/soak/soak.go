// Package soak lets protocols work for hours under faults of all kinds, in rotation, and finds what goes wrong only in the long run:
// histories that no register has, processes that end by themselves, and resources that leak. The package imports study, cluster, agent,
// history, plots/stat and protocols; the command imports it.
package soak

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/study"
	"github.com/powbench/powbench/harness/testbed"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/workloads"
)

// Name is the name of soaks among the experiments.
const Name = "soak"

// Options say what to soak, and for how long.
type Options struct {
	study.Options
	Protocols  []protocols.Protocol // atomic ones
	Faults     []Fault
	T          int
	Durability protocols.Durability
	Duration   time.Duration // of all stints
	Stint      time.Duration // of one protocol under one fault
	Window     time.Duration // of a load whose history is checked by itself
	Loopback   bool          // no links of their own for the hosts: none can be cut
	Seed       uint64
}

// maxStints is how many stints a soak has at most.
const maxStints = 1_000_000

// Check says what is wrong with the options.
func (o Options) Check() error {
	switch {
	case o.T < 1:
		return fmt.Errorf("t is %d: tolerate at least 1 fault", o.T)
	case o.Window < 100*time.Millisecond:
		return fmt.Errorf("a window of %v: give at least 100ms", o.Window)
	case o.Stint < o.Window:
		return fmt.Errorf("a stint of %v has no room for a window of %v: give more", o.Stint, o.Window)
	case o.Duration < o.Stint:
		return fmt.Errorf("a soak of %v has no room for a stint of %v: give more", o.Duration, o.Stint)
	case o.Duration/o.Stint > maxStints:
		return fmt.Errorf("a soak of %v has more than %d stints of %v: give longer ones", o.Duration, maxStints, o.Stint)
	case o.Durability == protocols.Volatile:
		return errors.New("a server that keeps its records in memory alone loses them with its process: choose fsync or write")
	}
	for _, p := range o.Protocols {
		if is := p.Traits(o.T); is.Consistency != protocols.Atomic {
			return fmt.Errorf("%s promises no atomic register, which is what windows of a history are checked for: leave it out", protocols.NameOf(p))
		}
	}
	return o.Durability.Check()
}

// soak is one run.
type soak struct {
	Options
	bench   *study.Bench
	began   time.Time
	summary result.Soak
}

// Run soaks and returns the folder of the results and their summary, also when it is interrupted. The error is study.ErrCheckFailed if
// something was violated or leaked.
func Run(ctx context.Context, o Options) (dir string, summary result.Soak, err error) {
	s := &soak{Options: o, began: time.Now()}
	s.summary = result.Soak{
		Seed: o.Seed, Started: s.began.UTC().Format(time.RFC3339), Violations: []string{}, Leaks: []string{},
	}
	spec := s.testbed()
	dir, err = study.Run(ctx, study.Study{
		Manifest: result.Manifest{
			Experiment: Name, Title: "Faults of all kinds, for long", Seed: o.Seed, Systems: study.Systems(o.Protocols),
		},
		Config:   s.config(),
		Testbed:  &spec,
		Tasks:    func(b *study.Bench) []study.Task { s.bench = b; return s.stints() },
		Attempts: 1, Expected: o.Duration,
		Violation: func(n int, dir string) string {
			return fmt.Sprintf("something was violated or leaked in %d stints: see %s", n, filepath.Join(dir, result.SoakText))
		},
	}, o.Options)
	if s.bench == nil { // nothing was begun
		return dir, s.summary, err
	}
	s.summary.Complete = err == nil || errors.Is(err, study.ErrCheckFailed)
	if leaks := s.own(); len(leaks) > 0 {
		s.summary.Leaks = append(s.summary.Leaks, leaks...)
		if err == nil {
			err = fmt.Errorf("%w: %s", study.ErrCheckFailed, leaks[0])
		}
	}
	err = errors.Join(err, s.save())
	return dir, s.summary, err
}

// testbed is what the stints use: a host for each server, so that its link can be cut.
func (s *soak) testbed() testbed.Spec {
	spec := testbed.Spec{Clients: agents, Topology: result.Spread, RateBits: 1e9, Congestion: "reno", Offload: true, Tolerance: 0.02}
	if s.Loopback {
		spec.Topology, spec.RateBits = result.Loopback, 0
	}
	for _, p := range s.Protocols {
		spec.Servers = max(spec.Servers, p.Traits(s.T).Servers)
	}
	return spec
}

// config is the request as the manifest keeps it.
func (s *soak) config() map[string]any {
	var names, faults []string
	for _, p := range s.Protocols {
		names = append(names, protocols.NameOf(p))
	}
	for _, f := range s.Faults {
		faults = append(faults, f.Name)
	}
	return map[string]any{
		"protocols": names, "faults": faults, "t": s.T, "suite": suiteName, "durability": s.Durability, "value_bytes": valueBytes,
		"keys": keys, "duration_s": s.Duration.Seconds(), "stint_s": s.Stint.Seconds(), "window_s": s.Window.Seconds(),
	}
}

// stints lists all of them: each protocol in turn, and when all have had their turn the next fault of each. Each protocol begins with
// another fault.
func (s *soak) stints() (all []study.Task) {
	suits := make([][]Fault, len(s.Protocols))
	for i, p := range s.Protocols {
		for _, f := range s.Faults {
			if f.fits(p, s.canCut()) {
				suits[i] = append(suits[i], f)
			}
		}
	}
	for n := range int(s.Duration / s.Stint) {
		i, round := n%len(s.Protocols), n/len(s.Protocols)
		if len(suits[i]) == 0 {
			continue
		}
		fault := suits[i][(round+i)%len(suits[i])]
		st := &stint{
			soak: s, number: n + 1, protocol: s.Protocols[i], fault: fault, seed: workloads.Derive(s.Seed, "stint", n),
		}
		if fault.attacks != nil {
			attacks := fault.attacks(st.protocol)
			st.attack = attacks[round/len(suits[i])%len(attacks)]
		}
		all = append(all, st)
	}
	return all
}

// canCut reports whether the testbed has links that can be cut.
func (s *soak) canCut() bool {
	_, ok := s.bench.Testbed.(testbed.Shaper)
	return ok
}

// kept is how many readings of the coordinator are kept at most: of more, every other one goes.
const kept = 1024

// end takes a stint into the summary, which is stored anew.
func (s *soak) end(stint result.Stint) error {
	s.summary.Add(stint)
	runtime.GC() // so that what is in use is told apart from what was
	used, err := control.Self()
	if err != nil {
		return err
	}
	left, err := size(s.Scratch)
	if err != nil {
		return err
	}
	s.summary.Coordinator = append(s.summary.Coordinator, result.Held{
		Seconds: time.Since(s.began).Seconds(), LiveMiB: used.LiveMiB, Goroutines: used.Goroutines, Descriptors: used.Descriptors,
		ScratchBytes: left,
	})
	if c := s.summary.Coordinator; len(c) > kept {
		n := 0
		s.summary.Coordinator = slices.DeleteFunc(c, func(result.Held) bool { n++; return n%2 == 0 })
	}
	return s.save()
}

// save stores the summary.
func (s *soak) save() error {
	s.summary.Seconds = time.Since(s.began).Seconds()
	return result.WriteSoak(s.bench.Dir, s.summary)
}

// size is how many bytes the files below a folder have. Those that go meanwhile do not count.
func size(dir string) (sum int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return ignoreGone(err)
		}
		info, err := d.Info()
		if err == nil {
			sum += info.Size()
		}
		return ignoreGone(err)
	})
	return sum, err
}

func ignoreGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
