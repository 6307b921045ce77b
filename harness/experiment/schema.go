package experiment

import (
	"regexp"
	"slices"

	"github.com/goccy/go-yaml/ast"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols/catalog"
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
	k["figure"] = oneOf(&e.Figure, "2a", "2b", "2c", "2d", "wan", "open", "single", "ablation", "setup", "sizes", "registers", "registers-wan", "growth", "limits", "sustained", "endurance", "mixed", figureOfAttacks, "owed", "table3", "auth", "recorder")
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
		"record":      oneOrList(&s.Record, func(to *string) value { return oneOf(to, result.Everything, result.Alternating) }),
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

// What keys by Zipf's law have that do not say: the skew and the number of items of YCSB's core workloads.
const (
	defaultSkew  = 0.99
	defaultItems = 1000
)
