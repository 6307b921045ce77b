package node

import (
	"fmt"
	"sync"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/catalog"
	"github.com/powbench/powbench/protocols/suite"
	"github.com/powbench/powbench/workloads"
)

// newAutomaton makes the protocol's server, or the attacker that it is configured to be.
func newAutomaton(cfg Config, p protocols.Protocol, s suite.Suite) (protocols.Server, error) {
	correct := p.NewServer(protocols.ServerParams{Index: cfg.Index, T: cfg.T, Suite: s, Keys: cfg.Keys})
	if cfg.Attack == "" {
		return correct, nil
	}
	attack, err := catalog.Attack(cfg.Attack)
	if err != nil {
		return nil, err
	}
	if attack.Server == nil {
		return nil, fmt.Errorf("attack %s (%s) is none that servers take part in", attack.ID, attack.Name)
	}
	return &attacker{automaton: attack.Server(byzantine.Part{
		Protocol: p, T: cfg.T, Suite: s, Index: cfg.Index,
		Dice: byzantine.NewDice(workloads.Derive(cfg.AttackSeed, "server", cfg.Index)), Loot: &byzantine.Loot{},
	}, correct)}, nil
}

// attacker runs an automaton that attacks, one request at a time: unlike a correct one, it remembers what it did, to
// whatever key.
type attacker struct {
	mu        sync.Mutex
	automaton protocols.Server
}

// Handle implements protocols.Server.
func (a *attacker) Handle(from protocols.Role, key protocols.Key, request protocols.Message,
	state protocols.StateReader,
) (protocols.Message, []protocols.Record, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.automaton.Handle(from, key, request, state)
}
