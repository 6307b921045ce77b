// Package attack plays attacks against real servers and clients and judges what came of them. What a protocol's attackers
// forge, and what must come of it, is in protocols/<protocol>/attacks. The package imports study, cluster, agent and
// protocols; the command imports it.
package attack

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/study"
	"github.com/powbench/powbench/harness/testbed"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/catalog"
)

// Name is the name of attack runs among the experiments.
const Name = "attack"

// Options say which protocols to attack, and how.
type Options struct {
	study.Options
	Protocols []protocols.Protocol
	Attacks   []byzantine.Attack // of All
	T         int
	TLS       bool // it carries all connections, and certificates say who is a writer
	Quick     bool // loads of about a second
	Seed      uint64
}

// player plays the trials of one run.
type player struct {
	Options
	bench    *study.Bench
	testbed  testbed.Spec
	baseline map[string]float64 // throughputs of the fault-free trials, in ops/s, by protocol
}

// Run plays every attack on every protocol that it has a target in, with real processes, and returns the folder of the
// results. The error is study.ErrCheckFailed if something came of an attack that was not expected, or the reverse.
func Run(ctx context.Context, o Options) (dir string, err error) {
	p := &player{Options: o, baseline: map[string]float64{}}
	trials, expected := p.trials()
	// Each server has a host of its own, so that its link can be cut. The study is not strict: what comes of an attack
	// does not depend on how fast links are.
	p.testbed = testbed.Spec{
		Clients: Agents, Topology: result.Spread, RateBits: 1e9, Congestion: "reno", Offload: true, Tolerance: 0.02,
	}
	for _, system := range o.Protocols {
		p.testbed.Servers = max(p.testbed.Servers, system.Traits(o.T).Servers)
	}
	return study.Run(ctx, study.Study{
		Manifest: result.Manifest{
			Experiment: Name, Title: "Attacks on real processes", Seed: o.Seed, Quick: o.Quick,
			Systems: study.Systems(o.Protocols),
		},
		Config:   p.config(),
		Testbed:  &p.testbed,
		Tasks:    func(b *study.Bench) []study.Task { p.bench = b; return trials },
		Attempts: 1, Expected: expected,
		Violation: func(n int, dir string) string {
			return fmt.Sprintf("%d of %d attacks did not come to what is expected; see the details in %s",
				n, len(trials), filepath.Join(dir, result.TrialsFile))
		},
	}, o.Options)
}

// Expected is about how long Run takes.
func (o Options) Expected() time.Duration {
	_, expected := (&player{Options: o}).trials()
	return expected
}

// aside is about how long a trial takes in addition to its load.
const aside = 3 * time.Second

// trials are all trials, and the time that they take.
func (p *player) trials() (all []study.Task, expected time.Duration) {
	for _, system := range p.Protocols {
		for _, a := range p.Attacks {
			if e := a.Expected(system); !e.None {
				load := p.load(a, e)
				all = append(all, &trial{
					player: p, protocol: system, attack: a, expected: e, load: load, seed: p.seed(system, a),
					findings: findings{promise: system.Traits(p.T).Consistency, starves: system.Traits(p.T).Starves},
				})
				expected += load + aside
			}
		}
	}
	return all, expected
}

// config is the request as the manifest keeps it.
func (p *player) config() map[string]any {
	var names, ids []string
	for _, system := range p.Protocols {
		names = append(names, protocols.NameOf(system))
	}
	for _, a := range p.Attacks {
		ids = append(ids, a.ID)
	}
	auth := result.NoAuth
	if p.TLS {
		auth = result.TLS
	}
	return map[string]any{
		"protocols": names, "attacks": ids, "t": p.T, "suite": suiteName, "durability": durability, "auth": auth,
		"value_bytes": valueBytes, "keys": keys, "load_s": p.load(byzantine.Attack{}, byzantine.Expectation{}).Seconds(),
	}
}

// load is how long a trial's load lasts. Harm that is known to come of an attack comes by chance, and in some quick trials not within
// a second: it gets three.
func (p *player) load(a byzantine.Attack, e byzantine.Expectation) time.Duration {
	full, quick := 5*time.Second, time.Second
	switch {
	case a.ID == result.Timeline:
		full, quick = 12*time.Second, 4*time.Second
	case e.Harm != byzantine.NoHarm:
		quick = 3 * time.Second
	}
	if p.Quick {
		return quick
	}
	return full
}

// The attacks that the catalogue lacks because they need real processes and disks.
const (
	killEach    = "F1"
	killForGood = "F2"
	fullDisk    = "F3"
	damagedFile = "F4"
)

// All lists all attacks: none, for comparison; the catalogue; faults of processes and disks; and the story of one server
// that crashes, lies and comes back.
func All() []byzantine.Attack {
	all := append([]byzantine.Attack{{ID: result.FaultFree, Name: "fault-free", Title: "nobody attacks"}}, catalog.Attacks()...)
	all = slices.DeleteFunc(all, func(a byzantine.Attack) bool { // the simulator plays them
		return a.Virtual || a.Writer != nil && !a.Lone() // accomplices in several processes would have to share what they know
	})
	return append(all,
		byzantine.Attack{ID: killEach, Name: "kill-and-restart", Title: "server after server is killed and comes back"},
		byzantine.Attack{ID: killForGood, Name: "kill-t", Title: "t servers are killed for good"},
		byzantine.Attack{ID: fullDisk, Name: "full-disk", Title: "a server can write no more: it must stop and say why"},
		byzantine.Attack{ID: damagedFile, Name: "damaged-file", Title: "a server's database is damaged: it must not serve"},
		byzantine.Attack{
			ID: result.Timeline, Name: "crash-lie-return", Title: "a server crashes, comes back lying, and comes back honest",
			Expect: func(p protocols.Protocol) (byzantine.Expectation, bool) {
				return byzantine.Expectation{Beyond: true}, !withstands(p, lie(p))
			},
		})
}

// ByID finds an attack by its ID or name.
func ByID(id string) (byzantine.Attack, error) { return byzantine.ByID(All(), id) }

// lie is how the server of the timeline lies: with values that were never written if the protocol is to withstand them,
// with old ones if it is not.
func lie(p protocols.Protocol) byzantine.Attack {
	if bogus := mustAttack("B3"); withstands(p, bogus) {
		return bogus
	}
	return mustAttack("B2")
}

// withstands reports whether no harm must come of the attack.
func withstands(p protocols.Protocol, a byzantine.Attack) bool {
	e := a.Expected(p)
	return e.Harm == byzantine.NoHarm && !e.Beyond
}

// mustAttack is an attack that the catalogue has.
func mustAttack(id string) byzantine.Attack {
	a, err := catalog.Attack(id)
	if err != nil {
		panic(err) // the catalogue has changed: every test of this package shows that
	}
	return a
}
