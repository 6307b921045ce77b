// Package load measures a register under closed and open loops: the points of an experiment. It imports study, cluster,
// experiment, history and protocols; the command imports it.
package load

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/powbench/powbench/harness/cluster"
	"github.com/powbench/powbench/harness/experiment"
	"github.com/powbench/powbench/harness/model"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/study"
	"github.com/powbench/powbench/harness/testbed"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/catalog"
)

// Options say what to measure and where to put it.
type Options struct {
	study.Options
	Experiment *experiment.Experiment
	ConfigFile string // it came from
	Quick      bool   // it is the quick form
	Profile    bool   // every process in the window of every run; it takes time
}

// runner does the tasks of one experiment.
type runner struct {
	Options
	bench   *study.Bench
	times   experiment.Times
	checked map[result.Series]bool // whose Traits agree with their automata
}

// Run measures the experiment and returns the folder of its results. When it fails or ctx ends, the points measured so
// far are kept, and Resume continues there.
func Run(ctx context.Context, o Options) (dir string, err error) {
	s, err := newStudy(o)
	if err != nil {
		return "", err
	}
	return study.Run(ctx, s, o.Options)
}

func newStudy(o Options) (s study.Study, err error) {
	r := &runner{Options: o, times: o.Experiment.Times(), checked: map[result.Series]bool{}}
	e := o.Experiment
	systems, err := r.systems()
	if err != nil {
		return s, err
	}
	estimate, err := e.Estimate()
	return study.Study{
		Manifest: result.Manifest{
			Experiment: e.Name, Title: e.Title, Figure: e.Figure, Seed: e.Seed, Quick: o.Quick,
			Profiled:   o.Profile,
			ConfigFile: o.ConfigFile, Systems: study.Systems(systems), Withstands: withstands(e),
		},
		Config:  e,
		Testbed: r.testbed(systems), Strict: true,
		Tasks: func(b *study.Bench) []study.Task { r.bench = b; return r.tasks() }, Earlier: r.earlier,
		Attempts: e.Attempts, Expected: estimate.Total(),
		Violation: func(n int, dir string) string {
			return fmt.Sprintf("%d points of %s are not linearizable; `powbench check` draws them", n, dir)
		},
	}, err
}

// withstands are the attacks that the experiment's systems are measured under, by their full names.
func withstands(e *experiment.Experiment) map[string][]string {
	all := map[string][]string{}
	for _, c := range e.Cells() {
		if c.Attack != "" && !slices.Contains(all[c.FullName()], c.Attack) {
			all[c.FullName()] = append(all[c.FullName()], c.Attack)
		}
	}
	return all
}

// systems are the protocols that are measured, one for each cell.
func (r *runner) systems() (all []protocols.Protocol, err error) {
	for _, c := range r.Experiment.Cells() {
		p, err := catalog.ByName(c.FullName())
		if err != nil {
			return nil, err
		}
		if err := r.check(c, p); err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// check refuses a protocol that is not what it says it is, before anything is measured.
func (r *runner) check(c result.Cell, p protocols.Protocol) error {
	c.Load, c.ValueBytes, c.Durability, c.SlowServer, c.Auth, c.Attack = result.Load{}, 0, "", 0, "", ""
	c.Sizes = result.Sizes{}
	if r.checked[c.Series] {
		return nil
	}
	r.checked[c.Series] = true
	for _, op := range kinds(c.Series) {
		if err := model.Check(p, c.Suite, c.T, op); err != nil {
			return err
		}
	}
	return nil
}

// kinds are those of the series' operations.
func kinds(s result.Series) (all []protocols.Op) {
	if s.Reads() {
		all = append(all, protocols.Read)
	}
	if s.Writes() {
		all = append(all, protocols.Write)
	}
	return all
}

// tasks are a search for each series that wants one, and then all runs.
func (r *runner) tasks() (all []study.Task) {
	searched := map[result.Series]bool{}
	for _, c := range r.Experiment.Cells() {
		if c.Clients == 0 && !searched[c.Series] {
			searched[c.Series] = true
			all = append(all, &search{r, c.Series})
		}
	}
	sought := map[result.Cell]bool{}
	for _, c := range r.Experiment.Cells() {
		if c.RateSought() && !sought[c] {
			sought[c] = true
			all = append(all, &capacity{r, c.Series, c.Load})
		}
	}
	for _, run := range r.Experiment.Schedule() {
		all = append(all, &measurement{r, run})
	}
	return all
}

// earlier lists what the set of an earlier start holds: searches, and runs with an undisturbed point.
func (r *runner) earlier(set *result.Set) study.Earlier {
	e := study.Earlier{Attempts: map[string]int{}, Done: map[string]bool{}}
	for _, s := range set.Manifest.Searches {
		e.Done[(&search{r, s.Series}).Name()] = true
	}
	for _, c := range set.Manifest.Capacities {
		e.Done[(&capacity{r, c.Series, c.Load}).Name()] = true
	}
	for _, p := range set.Points {
		name := runName(runOf(p))
		e.Attempts[name] = max(e.Attempts[name], p.Attempt)
		e.Done[name] = e.Done[name] || !p.Disturbed()
		if p.Violated() {
			e.Violated++
		}
	}
	return e
}

// resolved is the cell with the clients and the rate that searches found; they stay 0 if no search has been made yet, or none was
// found.
func (r *runner) resolved(c result.Cell) result.Cell {
	clients := r.clientsFor(c)
	if c.RateSought() {
		for _, found := range r.bench.Manifest.Capacities {
			if found.Of(c) {
				c.Rate = found.Rate
				break
			}
		}
	}
	c.Clients = clients
	return c
}

// clientsFor is the cell's number of clients, from its configuration or a search; 0 if no search has been made yet.
func (r *runner) clientsFor(c result.Cell) int {
	for _, s := range r.bench.Manifest.Searches {
		if c.Clients == 0 && c.Series == s.Series {
			return s.Chosen
		}
	}
	return c.Clients
}

// runOf is the run that a point belongs to.
func runOf(p result.Point) experiment.Run {
	return experiment.Run{Cell: result.Cell{Series: p.Series, Load: p.Load}, Repetition: p.Repetition}
}

// runName is the name of a run's files.
func runName(run experiment.Run) string {
	load := fmt.Sprintf("c%d", run.Clients)
	if run.Open() {
		load += fmt.Sprintf("-r%g", run.Rate)
	}
	if run.Ignores() {
		load += "-" + run.Owed
	}
	if run.Alternates() {
		load += "-" + run.Record
	}
	return fmt.Sprintf("%s-%s-rep%d", seriesName(run.Series), load, run.Repetition)
}

// seriesName is the part of files' names that the series gives.
func seriesName(s result.Series) string { return strings.ReplaceAll(s.String(), "/", "-") }

// withCluster runs do on a fresh cluster and removes it again; what the processes log goes to a file of that name.
func (r *runner) withCluster(ctx context.Context, name string, s result.Series, clients int, seed uint64,
	do func(context.Context, *cluster.Cluster) error,
) (err error) {
	protocol, err := catalog.ByName(s.FullName())
	if err != nil {
		return err
	}
	if s.SlowServer != 0 {
		restore, err := r.slowDown(int64(s.SlowServer))
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, restore()) }()
	}
	liars := map[int]string{}
	for i := range s.T {
		if s.Attack != "" {
			liars[i] = s.Attack
		}
	}
	return cluster.Run(ctx, r.bench.Testbed, filepath.Join(r.bench.Dir, result.LogDir, name+".log"), cluster.Spec{
		Protocol: protocol, Suite: s.Suite, T: s.T, Durability: protocols.Durability(s.Durability),
		ValueBytes: s.ValueBytes, Sizes: s.Sizes, Clients: clients, Seed: seed, Liars: liars, TLS: s.Auth == result.TLS,
	}, do)
}

// slowDown gives the first server's link a rate of its own until it is restored.
func (r *runner) slowDown(bitsPerSecond int64) (restore func() error, err error) {
	shaper, ok := r.bench.Testbed.(testbed.Shaper)
	if !ok {
		return nil, errors.New("slow_server needs links, and this testbed is plain loopback: run it as root")
	}
	servers, _ := r.bench.Testbed.Hosts()
	return func() error { return shaper.SetRate(servers[0], 0) }, shaper.SetRate(servers[0], bitsPerSecond)
}

func ms(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }
