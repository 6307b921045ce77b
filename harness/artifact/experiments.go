package artifact

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/powbench/powbench/harness/experiment"
	"github.com/powbench/powbench/harness/study/attack"
	"github.com/powbench/powbench/harness/study/cost"
	"github.com/powbench/powbench/plots/claims"
	"github.com/powbench/powbench/protocols/catalog"
)

// An Experiment is a command that decides a claim, or several.
type Experiment struct {
	ID      string // E1 and so on
	Title   string
	Command string
	Configs []string      // files in configs that it measures
	Compute time.Duration // of the machine, without the build
	Claims  []string      // that it decides, by ID

	decides string                                   // what it measures apart from the figures of its configurations: the first part of a measurement's name, or a test's command
	rest    func(root string) (time.Duration, error) // the time that this takes; nil for none
}

// experiments are all commands that claims rest on, as a reviewer would run them.
var experiments = []Experiment{
	{Title: "Figure 2(a)–(c), in a LAN", Command: "make lan-bench", Configs: []string{"fig2a.yaml", "fig2b.yaml", "fig2c.yaml"}},
	{Title: "Figure 2(d) and a curve, in a WAN", Command: "make wan-bench", Configs: []string{"fig2d.yaml", "wan.yaml"}},
	{Title: "Tables 1 and 3", Command: "make tables", Configs: []string{"table3.yaml"}, decides: "costs", rest: costTime},
	{Title: "Attacks on real processes", Command: "make attack", decides: "attack", rest: attackTime},
	{Title: "Attacks on simulated schedules", Command: "make simulate", decides: "simulation", rest: about(8 * time.Minute)},
	{Title: "Values from 256 bytes to 16 MiB", Command: "make sizes", Configs: []string{"sizes.yaml"}},
	{Title: "Five and ten minutes at the peak", Command: "make sustained", Configs: []string{"sustained.yaml", "endurance.yaml"}},
	{Title: "The two histories of Theorem A.1", Command: "go test ./sim/theorem", decides: "go test ./sim/theorem", rest: about(time.Minute)},
}

// about is a time that no plan tells: that of two cores at 2.5 GHz, rounded up.
func about(d time.Duration) func(string) (time.Duration, error) {
	return func(string) (time.Duration, error) { return d, nil }
}

// attackTime is the time of what `make attack` plays.
func attackTime(string) (time.Duration, error) {
	return attack.Options{Protocols: catalog.All(), Attacks: attack.All(), T: 1, Quick: true}.Expected(), nil
}

// costTime is the time of what `make tables` measures beside Table 3.
func costTime(root string) (time.Duration, error) {
	c, err := experiment.LoadCosts(filepath.Join(root, configs, "table1.yaml"))
	if err != nil {
		return 0, err
	}
	return cost.Options{Costs: c}.Expected(), nil
}

// planned adds the time that the experiment takes by its plans, and says what its measurements' names begin with.
func (e Experiment) planned(root string) (_ Experiment, measures []string, err error) {
	if e.decides != "" {
		measures = append(measures, e.decides)
	}
	if e.rest != nil {
		if e.Compute, err = e.rest(root); err != nil {
			return e, nil, err
		}
	}
	for _, name := range e.Configs {
		config, err := experiment.Load(filepath.Join(root, configs, name))
		if err != nil {
			return e, nil, err
		}
		estimate, err := config.Estimate()
		if err != nil {
			return e, nil, fmt.Errorf("%s: %w", name, err)
		}
		e.Compute += estimate.Total()
		measures = append(measures, config.Figure)
	}
	return e, measures, nil
}

// needs is what the claim's measurements belong to, each once: figures, attack, simulation, costs, or a test's command. The verdict is
// one without results, so that all measurements are absent.
func needs(v claims.Verdict) (all []string) {
	if v.Test != "" {
		return []string{v.Test}
	}
	for _, name := range v.Absent {
		if _, of, ok := strings.Cut(name, " of "); ok { // a field of some measurements
			name = of
		}
		parts := strings.Split(name, "/")
		what := parts[0]
		if slices.Contains([]string{"link", "delay", "history"}, what) && len(parts) > 1 {
			what = parts[1]
		}
		if !slices.Contains(all, what) {
			all = append(all, what)
		}
	}
	return all
}
