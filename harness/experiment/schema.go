package experiment

import (
	"math"
	"regexp"
	"slices"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/catalog"
)

// Limits that a file cannot exceed.
const (
	maxT           = 10
	maxClients     = 4096
	maxRepetitions = 1000
	maxAttempts    = 10
	maxClientHosts = 64
	minValue       = result.LeastValue
	maxValue       = result.Size(protocols.MaxValueBytes)
	minQueue       = 128 * result.KiB // a burst of the shaper
	maxQueue       = 1024 * result.MiB
	minRate        = result.Mbit
	maxRate        = 100 * result.Gbit
	minFrequency   = result.PerSecond / 10
	maxFrequency   = 100_000 * result.PerSecond
	minMeasure     = result.Duration(200 * time.Millisecond)
	maxPhase       = result.Duration(time.Hour)
	maxOperations  = 100_000 // those that end while a window is prolonged are kept in memory
	maxSeed        = 1 << 53 // every reader of JSON keeps as much exactly
	minDelay       = result.Duration(100 * time.Microsecond)
	maxDelay       = result.Duration(10 * time.Second)
	maxJitter      = result.Duration(2 * time.Second) // the kernel keeps it in 31 bits of nanoseconds
	maxLimit       = 1_000_000
	maxRegions     = 16
	maxBackground  = 2 * result.Percent // with more it would no longer be a load of READs
	minSkew        = 0.01
	maxSkew        = 10
	maxItems       = 1_000_000 // all names of keys have the length that the cost model counts with
)

// What a delay has that does not say.
const (
	pareto       = "pareto"
	defaultLimit = 100_000 // no packet of 10 s at 100 Mbit/s is dropped
)

// Distributions are the names of the distributions of delays.
func Distributions() []string { return []string{pareto, "pareto-exact", "normal", "uniform"} }

var (
	namePattern  = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)
	titlePattern = regexp.MustCompile(`^.{1,200}$`)
)

// The patterns in words.
const (
	nameForm  = "up to 64 small letters, digits, - and _, as it names the results' folder"
	titleForm = "one line of up to 200 characters"
)

// keys are the keys of a file.
func (e *Experiment) keys(quick *ast.Node) keys {
	k := e.Settings.keys()
	k["experiment"] = named(&e.Name)
	k["figure"] = oneOf(&e.Figure, "2a", "2b", "2c", "2d", "wan", "open", "single", "ablation", "setup", "sizes", "registers", "growth", "limits", "sustained", "mixed", figureOfAttacks, "owed", "table3", "auth", "recorder")
	k["title"] = pattern(&e.Title, titlePattern, titleForm)
	k["quick"] = func(n ast.Node) error { *quick = n; return nil }
	return k
}

// keys are the keys of a file's quick section, and of a file beside its identity.
func (s *Settings) keys() keys {
	return keys{
		"seed":        number(&s.Seed, 0, maxSeed),
		"repetitions": number(&s.Repetitions, 1, maxRepetitions),
		"attempts":    number(&s.Attempts, 1, maxAttempts),
		"protocols":   list(&s.Protocols, func(p *string) value { return oneOf(p, systems()...) }),
		"operations":  list(&s.Operations, func(o *string) value { return oneOf(o, result.OpRead, result.OpWrite) }),
		"mix":         oneOrList(&s.Mix, mix),
		"suite":       oneOrList(&s.Suites, func(to *string) value { return oneOf(to, result.Paper, result.Modern, result.Blake3) }),
		"durability":  oneOrList(&s.Durability, func(to *string) value { return oneOf(to, "fsync", "write", "memory") }),
		"t":           list(&s.T, func(t *int) value { return number(t, 1, maxT) }),
		"value":       list(&s.Values, values),
		"clients":     clients(&s.Clients),
		"owed":        oneOrList(&s.Owed, func(to *string) value { return oneOf(to, result.Waited, result.Ignored) }),
		"record":      oneOrList(&s.Record, func(to *string) value { return oneOf(to, result.Everything, result.Nothing) }),
		"slow_server": list(&s.SlowServer, slowServer),
		"auth":        oneOrList(&s.Auth, func(to *string) value { return oneOf(to, result.NoAuth, result.TLS) }),
		"attack":      attacks(&s.Attack),
		"arrival":     arrival(&s.Arrival),
		"objective":   objective(&s.Objective),
		"concurrency": between(&s.Concurrency, result.Percent/100, 100*result.Percent),
		"workload": object(keys{
			"keys":       oneOf(&s.Workload.Keys, result.Uniform, result.Hot, result.Zipf),
			"skew":       decimal(&s.Workload.Skew, minSkew, maxSkew),
			"items":      number(&s.Workload.Items, 1, maxItems),
			"background": between(&s.Workload.Background, 0, maxBackground),
			"mix":        elsewhere("beside operations, as it is measured beside them: move it out of workload"),
		}),
		"phases": phases(&s.Phases),
		"search": object(keys{
			"clients": steps(&s.Search.Clients),
			"gain":    between(&s.Search.Gain, result.Percent/10, 50*result.Percent),
			"measure": between(&s.Search.Measure, minMeasure, maxPhase),
			"latency": between(&s.Search.Latency, minMeasure, maxPhase),
		}),
		"testbed": testbed(&s.Testbed),
	}
}

// systems are the names of the protocols, their variants, and their ceilings.
func systems() []string {
	return slices.Concat(catalog.Names(), catalog.VariantNames(), catalog.NullNames(), catalog.PebbleNames())
}

// phases reads the lengths of a run's phases, and refuses those that do not go together.
func phases(p *Phases) value {
	known := object(keys{
		"warmup":     between(&p.Warmup, 0, maxPhase),
		"measure":    between(&p.Measure, minMeasure, maxPhase),
		"operations": number(&p.Operations, 1, maxOperations),
		"longest":    between(&p.Longest, minMeasure, maxPhase),
		"timeline":   between(&p.Timeline, minMeasure, maxPhase),
	})
	return func(n ast.Node) error {
		err := known(n)
		switch {
		case err != nil:
			return err
		case p.Longest != 0 && p.Longest < p.Measure:
			return at(n, "a window of at least %v cannot last %v at most: raise longest, or lower measure", p.Measure, p.Longest)
		case p.Timeline > p.Measure:
			return at(n, "a window of %v holds no interval of %v: shorten timeline or prolong measure", p.Measure, p.Timeline)
		}
		return nil
	}
}

// testbed reads the testbed's keys, and refuses those that do not go together. Plain loopback is unlimited by itself.
func testbed(t *Testbed) value {
	return func(n ast.Node) error {
		before := t.Rate
		t.Rate = unsaid
		err := object(t.keys())(n)
		said := t.Rate != unsaid
		if !said {
			t.Rate = before
		}
		regions := len(t.Regions.Names) > 0
		switch loopback := t.Topology == result.Loopback; {
		case err != nil:
			return err
		case loopback && said && t.Rate != result.Unlimited:
			return at(n, "topology: %s has no links to limit: remove rate", result.Loopback)
		case loopback && t.NetEm():
			return at(n, "topology: %s has no links to delay: choose %s or %s", result.Loopback, result.SharedHost, result.Spread)
		case regions && t.Delay != Delay{}:
			return at(n, "delay and regions exclude each other: remove one")
		case regions && t.Topology == result.SharedHost:
			return at(n, "regions need a host for each server: add topology: %s", result.Spread)
		case loopback:
			t.Rate = result.Unlimited
		}
		return nil
	}
}

// unsaid stands for a rate until the file says one.
const unsaid result.Rate = -1

// linkRate reads a rate, or that there is none.
func linkRate(to *result.Rate) value {
	limited := between(to, minRate, maxRate)
	return func(n ast.Node) error {
		if s, err := text(n); err == nil && s == result.UnlimitedName {
			*to = result.Unlimited
			return nil
		}
		return limited(n)
	}
}

// keys are the keys of a testbed.
func (t *Testbed) keys() keys {
	return keys{
		"topology":        oneOf(&t.Topology, result.SharedHost, result.Spread, result.Loopback),
		"client_hosts":    number(&t.ClientHosts, 1, maxClientHosts),
		"rate":            linkRate(&t.Rate),
		"queue":           between(&t.Queue, minQueue, maxQueue),
		"offload":         oneOf(&t.Offload, On, Off),
		"congestion":      oneOf(&t.Congestion, "bbr", "reno", "cubic"),
		"tolerance":       between(&t.Tolerance, result.Percent/10, 100*result.Percent),
		"delay":           delay(&t.Delay),
		"regions":         regions(&t.Regions),
		"delay_tolerance": between(&t.DelayTolerance, result.Percent/10, 100*result.Percent),
	}
}

// keys are the keys of a delay.
func (d *Delay) keys() keys {
	return keys{
		"mean":         between(&d.Mean, minDelay, maxDelay),
		"jitter":       between(&d.Jitter, 0, maxJitter),
		"distribution": oneOf(&d.Distribution, Distributions()...),
		"loss":         between(&d.Loss, 0, 50*result.Percent),
		"reorder":      between(&d.Reorder, 0, 50*result.Percent),
		"limit":        number(&d.Limit, 1, maxLimit),
		"rate":         between(&d.Rate, minRate, maxRate),
	}
}

// What keys by Zipf's law have that do not say: the skew and the number of items of YCSB's core workloads.
const (
	defaultSkew  = 0.99
	defaultItems = 1000
)

// noSlowServer stands for a server whose link is as all others.
const noSlowServer = "none"

// slowServer is the rate of the first server's link, or none.
func slowServer(to *result.Rate) value {
	return func(n ast.Node) error {
		if s, err := text(n); err == nil && (s == noSlowServer || s == result.Rate(0).String()) {
			*to = 0
			return nil
		}
		return between(to, minRate, maxRate)(n)
	}
}

// check refuses settings that do not go together; the node is where they stand.
func (s *Settings) check(n ast.Node) error {
	slow := slices.ContainsFunc(s.SlowServer, func(r result.Rate) bool { return r != 0 })
	if slow && s.Testbed.Topology != result.Spread {
		return at(n, "slow_server needs a host for each server: add testbed: {topology: %s}", result.Spread)
	}
	if w := s.Workload; w.Keys != result.Zipf && (w.Skew != 0 || w.Items != 0) {
		return at(n, "workload: skew and items belong to keys: %s, and keys are %s: remove them or change keys", result.Zipf, w.Keys)
	}
	for _, check := range []func(ast.Node) error{s.checkOpenLoop, s.checkAttacks, s.checkWriters, s.checkPebble} {
		if err := check(n); err != nil {
			return err
		}
	}
	return nil
}

// checkWriters refuses loads in which a key would have several writers of a protocol that allows one.
func (s *Settings) checkWriters(n ast.Node) error {
	if len(s.Mix) == 0 && !slices.Contains(s.Operations, result.OpWrite) {
		return nil
	}
	filled := *s
	filled.fillIn()
	for _, name := range s.Protocols {
		p, err := catalog.ByName(name)
		if err != nil || p.Traits(s.T[0]).Writers != protocols.One {
			continue
		}
		if s.Workload.Keys == result.Hot {
			return at(place(n, "workload"), "%s allows one writer of a key, and the hot key has many: choose workload: {keys: %s}, or other protocols",
				name, result.Uniform)
		}
		for _, clients := range s.mostClients() {
			if keys := filled.Keys(clients); keys < clients {
				return at(place(n, "clients"), "%s allows one writer of a key, and %d clients would share %d: lower concurrency, or raise "+
					"workload.items, until there are as many keys as clients", name, clients, keys)
			}
		}
	}
	return nil
}

// mostClients are the numbers of clients that loads may have.
func (s *Settings) mostClients() (all []int) {
	for _, l := range s.Loads() {
		all = append(all, l.Clients)
	}
	if s.Saturates() {
		all = append(all, s.Search.Clients...)
	}
	return all
}

// checkPebble refuses Pebble alone where it has nothing to commit, or would be no ceiling. Nothing searches for its clients
// or has them arrive, because there are none.
func (s *Settings) checkPebble(n ast.Node) error {
	alone := slices.IndexFunc(s.Protocols, func(name string) bool { return slices.Contains(catalog.PebbleNames(), name) })
	if alone < 0 {
		return nil
	}
	name := s.Protocols[alone]
	switch {
	case s.Saturates():
		return at(n, "%s has no clients to search for: give their numbers, such as clients: [1, 8]", name)
	case s.OpenLoop():
		return at(n, "%s has no operations that could arrive: remove arrival", name)
	case slices.ContainsFunc(s.Values, func(v result.Value) bool { return v.Sizes.Asked() }):
		return at(n, "%s stores values of one size: give sizes such as value: [64KiB]", name)
	case s.Testbed.Rate != result.Unlimited:
		return at(n, "%s uses no link: set testbed: {rate: %s}, so that what is measured beside it needs none either", name, result.UnlimitedName)
	case !slices.Contains(s.Operations, result.OpWrite):
		return at(n, "%s only stores: add write to operations", name)
	case !slices.ContainsFunc(s.Durability, func(d string) bool { return d != result.NoDisk }):
		return at(n, "%s stores nothing in memory: add write or fsync to durability", name)
	case len(s.Auth) > 0 && !slices.Contains(s.Auth, result.NoAuth):
		return at(n, "%s has no connections: add %s to auth", name, result.NoAuth)
	}
	return nil
}

// clients is the word saturate, or a list of numbers of clients in which it may stand for one.
func clients(to *result.Clients) value {
	return func(n ast.Node) error {
		if s, err := text(n); err == nil {
			if s != result.Saturate {
				return at(n, "must be saturate or a list of numbers such as [1, 2, 4], not %q", s)
			}
			*to = nil
			return nil
		}
		return list(to, clientsOrSaturate)(n)
	}
}

func clientsOrSaturate(to *int) value {
	return func(n ast.Node) error {
		if s, err := text(n); err == nil && s == result.Saturate {
			*to = 0
			return nil
		}
		return clientCount(to)(n)
	}
}

func clientCount(to *int) value { return number(to, 1, maxClients) }

// steps is the numbers of clients that a search tries, in its order.
func steps(to *[]int) value {
	return func(n ast.Node) error {
		if err := list(to, clientCount)(n); err != nil {
			return err
		}
		if len(*to) < 3 {
			return at(n, "must have at least three numbers: only among others can one be seen to saturate")
		}
		last := math.MinInt
		for i, c := range *to {
			if c < last {
				return at(n.(*ast.SequenceNode).Values[i], "must ascend: %d follows %d", c, last)
			}
			last = c
		}
		return nil
	}
}

// defaultPool is the number of clients of an open loop that does not say: as many as Figure 2(a) goes to.
const defaultPool = 12

// OpenLoop reports whether there are open loops to measure.
func (s *Settings) OpenLoop() bool { return len(s.Arrival.Rates) > 0 || s.Objective.Asked() }

// arrival reads an Arrival. Keys that the file leaves out keep their value, or get the default if there was no Arrival.
func arrival(to *result.Arrival) value {
	return func(n ast.Node) error {
		a := *to
		if a.Process == "" {
			a.Process, a.Clients = result.Poisson, defaultPool
		}
		if err := object(arrivalKeys(&a))(n); err != nil {
			return err
		}
		*to = a
		return nil
	}
}

// arrivalKeys are the keys of an arrival.
func arrivalKeys(a *result.Arrival) keys {
	return keys{
		"process": oneOf(&a.Process, result.Poisson, result.Fixed),
		"rates":   list(&a.Rates, func(f *result.Frequency) value { return between(f, minFrequency, maxFrequency) }),
		"clients": clientCount(&a.Clients),
	}
}
