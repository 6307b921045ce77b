package experiment

import (
	"slices"

	"github.com/goccy/go-yaml/ast"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/catalog"
)

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
