package harness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/netem"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/workloads"
)

// AttackName is the name of attack runs among the experiments.
const AttackName = "attack"

// AttackOptions say which protocols to attack, and how.
type AttackOptions struct {
	Protocols []protocols.Protocol
	Attacks   []byzantine.Attack // of Attacks
	T         int
	Quick     bool // loads of about a second
	Seed      uint64
	Results   string // root folder of all results
	Scratch   string // folder to put the servers' databases below
	Progress  io.Writer
}

// attacker is one attack run in progress.
type attacker struct {
	AttackOptions
	dir      string // of the results
	manifest result.Manifest
	scratch  *scratch
	hosts    layout
	started  time.Time
	trials   []result.Trial
}

// Attack plays every attack on every protocol that it has a target in, with real processes, and returns the folder of
// the results. The error is ErrCheckFailed if something came of an attack that was not expected, or the reverse.
func Attack(ctx context.Context, o AttackOptions) (dir string, err error) {
	a := &attacker{AttackOptions: o, started: time.Now()}
	if a.scratch, err = newScratch(o.Scratch); err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, a.scratch.remove()) }()
	if err := a.openSet(); err != nil {
		return a.dir, err
	}
	if err := a.layOut(ctx); err != nil {
		return a.dir, err
	}
	defer func() { err = errors.Join(err, a.hosts.testbed.Close()) }()
	if err := startAwake(a.hosts.clients[0]); err != nil {
		return a.dir, err
	}
	if err := a.measureLinks(ctx); err != nil {
		return a.dir, err
	}
	return a.dir, a.playAll(ctx)
}

// openSet makes the folder of the results and begins their manifest.
func (a *attacker) openSet() (err error) {
	a.dir, err = newSetDir(filepath.Join(a.Results, AttackName), a.started.UTC())
	if err != nil {
		return err
	}
	a.manifest = result.Manifest{
		Experiment: AttackName, Title: "Attacks on real processes", Started: a.started.UTC().Format(time.RFC3339),
		Seed: a.Seed, Quick: a.Quick,
	}
	a.manifest.Systems = systems(a.Protocols)
	if a.manifest.Config, err = a.config(); err != nil {
		return err
	}
	if err := describe(&a.manifest, a.scratch.dir); err != nil {
		return err
	}
	if err := furnish(a.dir); err != nil {
		return err
	}
	return result.WriteManifest(a.dir, a.manifest)
}

// config is what was asked for, as the manifest keeps it.
func (a *attacker) config() (json.RawMessage, error) {
	var names, ids []string
	for _, p := range a.Protocols {
		names = append(names, protocols.NameOf(p))
	}
	for _, attack := range a.Attacks {
		ids = append(ids, attack.ID)
	}
	return json.Marshal(map[string]any{
		"protocols": names, "attacks": ids, "t": a.T, "suite": attackSuite, "durability": attackDurability,
		"value_bytes": attackValueBytes, "keys": attackKeys, "load_s": a.load(byzantine.Attack{}).Seconds(),
	})
}

// layOut makes the testbed: each server on a host of its own, so that its link can be cut.
func (a *attacker) layOut(ctx context.Context) error {
	most := 0
	for _, p := range a.Protocols {
		most = max(most, p.Traits(a.T).Servers)
	}
	servers, clients := hostNames(most, attackAgents)
	topology := netem.Topology{Hosts: slices.Concat(servers, clients), RateBits: 1e9, Congestion: "reno"}
	tb, why, err := buildTestbed(ctx, topology, a.Progress)
	if err != nil {
		return err
	}
	a.hosts = newLayout(tb, servers, clients)
	a.manifest.Testbed = result.Testbed{
		Mode: string(tb.Mode), Topology: result.Spread, Shaped: tb.Topology.RateBits > 0, Why: why,
		RateBits: tb.Topology.RateBits, Congestion: tb.Topology.Congestion, Hosts: topology.Hosts, Sysctls: tb.Sysctls,
		Offload: true,
	}
	return result.WriteManifest(a.dir, a.manifest)
}

// linkTolerance is how far a link may be off before an attack run warns.
const linkTolerance = 0.02

// measureLinks measures the links and warns of one that is off. It refuses nothing: what comes of an attack does not
// depend on how fast the links are, but throughputs do.
func (a *attacker) measureLinks(ctx context.Context) (err error) {
	note := func(text string) { fmt.Fprintf(a.Progress, "attack: %s\n", text) }
	if a.manifest.Testbed.Before, err = measureLinks(ctx, a.hosts.testbed, note); err != nil {
		return err
	}
	if off := linkOff(a.manifest.Testbed.Before, a.manifest.Testbed.RateBits, linkTolerance); off != "" {
		note("WARNING: " + off + ": throughputs of this run say little")
	}
	return result.WriteManifest(a.dir, a.manifest)
}

// playAll plays all trials and stores each as soon as it has ended.
func (a *attacker) playAll(ctx context.Context) error {
	type game struct {
		protocol protocols.Protocol
		attack   byzantine.Attack
	}
	var games []game
	for _, p := range a.Protocols {
		for _, attack := range a.Attacks {
			if !attack.Expected(p).None {
				games = append(games, game{p, attack})
			}
		}
	}
	unexpected := 0
	for i, g := range games {
		t, err := a.play(ctx, g.protocol, g.attack)
		if err != nil {
			return fmt.Errorf("%s under %s: %w", protocols.NameOf(g.protocol), g.attack.ID, err)
		}
		if err := result.AppendTrial(a.dir, t); err != nil {
			return err
		}
		a.trials = append(a.trials, t)
		if !t.Held {
			unexpected++
		}
		fmt.Fprintf(a.Progress, "%s [%d/%d] %s\n", AttackName, i+1, len(games), progressLine(t, a.baseline(t.Protocol)))
	}
	a.manifest.Finished = time.Now().UTC().Format(time.RFC3339)
	if err := result.WriteManifest(a.dir, a.manifest); err != nil {
		return err
	}
	if unexpected > 0 {
		return fmt.Errorf("%w: %d of %d attacks did not come to what is expected; see the details in %s",
			ErrCheckFailed, unexpected, len(games), filepath.Join(a.dir, result.TrialsFile))
	}
	return nil
}

// baseline is the protocol's fault-free trial, or the zero one before that was played.
func (a *attacker) baseline(protocol string) result.Trial {
	for _, t := range a.trials {
		if t.Protocol == protocol && t.Attack == result.FaultFree {
			return t
		}
	}
	return result.Trial{}
}

// seed is what the trial leaves to chance, the same however many others are played.
func (a *attacker) seed(p protocols.Protocol, attack byzantine.Attack) uint64 {
	return workloads.Derive(a.Seed, protocols.NameOf(p), attack.ID)
}

// load is how long a trial's load lasts.
func (a *attacker) load(attack byzantine.Attack) time.Duration {
	story := attack.ID == result.Timeline
	switch {
	case story && a.Quick:
		return 4 * time.Second
	case story:
		return 12 * time.Second
	case a.Quick:
		return time.Second
	}
	return 5 * time.Second
}
